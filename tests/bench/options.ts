/** What was asked for on the command line. */
export interface Options {
  /** How often each section measures; its figures are medians. */
  runs: number;
  /** How many changes are applied by the delivery alone, and how many by the engine. */
  changes: number;
  ups: number;
  /** Sections to run; every one where it is empty. */
  only: string[];
  json: boolean;
  /** A hundredth of each size: it tries the benchmark itself, and the figures mean nothing. */
  small: boolean;
}

const numbers = ['runs', 'changes', 'ups'] as const;

/** @throws Error naming a word that is no option, or a value that is no number */
export function optionsOf(words: readonly string[]): Options {
  const options: Options = { runs: 5, changes: 100, ups: 10, only: [], json: false, small: false };
  const rest = [...words];
  for (let word = rest.shift(); word !== undefined; word = rest.shift()) {
    const name = word.replace(/^--/, '');
    const number = numbers.find((each) => each === name);
    if (name === 'json' || name === 'small') options[name] = true;
    else if (name === 'only') options.only = (rest.shift() ?? '').split(',').filter((each) => each !== '');
    else if (number !== undefined) options[number] = whole(word, rest.shift());
    else throw new Error(`there is no option "${word}"; use --json, --runs, --only, --changes, --ups or --small`);
  }
  return options;
}

function whole(name: string, text = ''): number {
  if (!/^\d{1,6}$/.test(text)) throw new Error(`${name}: write a number behind it`);
  return Number(text);
}

/** A size as asked for. */
export function sized(size: number, { small }: Pick<Options, 'small'>): number {
  return small ? Math.ceil(size / 100) : size;
}
