/** What a machine says that runs no command as root, or no service, in one sentence with the remedy. */

/**
 * Sudo and systemd say it in their own words, of which these are known. Source: sudo(8), sd_booted(3).
 *
 * @param name machine in words
 * @param said standard error of a command that failed
 * @returns undefined where it is the command itself that failed
 */
export function refusalOf(name: string, said: string): string | undefined {
  if (/^sudo: .*(password is required|terminal is required)/m.test(said)) {
    return `host: sudo on ${name} asks for a password; let this user use sudo without one (NOPASSWD), or log in as root`;
  }
  if (/not in the sudoers file|may not run sudo|^Sorry, user \S+ is not allowed to/m.test(said)) {
    return `host: this user may not use sudo on ${name}; let them, or log in as root`;
  }
  if (/sudo.*not found/.test(said)) return `host: there is no sudo on ${name}; install it there, or log in as root`;
  if (/not been booted with systemd/.test(said)) {
    return `host: ${name} was not started by systemd; boot it with it, or choose runtime: container`;
  }
  return undefined;
}
