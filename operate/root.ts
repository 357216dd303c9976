/** Words that run a command as root: the command itself where this process is root, else `sudo` without a password. */
export function rootWords(words: readonly string[]): readonly string[] {
  return process.geteuid?.() === 0 ? words : ['sudo', '--non-interactive', '--', ...words];
}
