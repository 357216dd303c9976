/** What a person wrote behind a command. */

export interface Options {
  json: boolean;
  showSecrets: boolean;
  /** Words for the engine itself. */
  rest: string[];
}

export const ownOptions = ['--json', '--show-secrets'];

/** @throws Error where there are words that no command knows */
export function refuse(words: readonly string[]): void {
  if (words.length > 0) throw new Error(`There is no option "${words[0]}"; use ${ownOptions.join(' or ')}`);
}
