/**
 * The options of the engine that `up`, `preview` and `destroy` hand on. They are known here so that a word that nobody
 * knows is refused at once, with the name that was meant.
 *
 * Source: `pulumi up --help`, `pulumi preview --help` and `pulumi destroy --help` of Pulumi 3.259.0.
 */

export type Operation = 'up' | 'preview' | 'destroy';

/** Whether a word follows that belongs to the option. */
type Kind = 'flag' | 'value';

type Table = Readonly<Record<string, Kind>>;

const everywhere: Table = {
  '--attach-debugger': 'flag',
  '--color': 'value',
  '--config': 'value',
  '-c': 'value',
  '--config-path': 'flag',
  '--debug': 'flag',
  '-d': 'flag',
  '--diff': 'flag',
  '--disable-integrity-checking': 'flag',
  '--emoji': 'flag',
  '-e': 'flag',
  '--exclude': 'value',
  '--fully-qualify-stack-names': 'flag',
  '-Q': 'flag',
  '--ignore-protect': 'flag',
  '--logflow': 'flag',
  '--logtostderr': 'flag',
  '--memprofilerate': 'value',
  '--message': 'value',
  '-m': 'value',
  '--neo': 'flag',
  '--non-interactive': 'flag',
  '--otel-traces': 'value',
  '--override-env': 'value',
  '--parallel': 'value',
  '-p': 'value',
  '--plan': 'value',
  '--profiling': 'value',
  '--refresh': 'flag',
  '-r': 'flag',
  '--run-program': 'flag',
  '--show-config': 'flag',
  '--show-full-output': 'flag',
  '--show-replacement-steps': 'flag',
  '--show-sames': 'flag',
  '--skip-config-validation': 'flag',
  '--skip-plugin-pre-install': 'flag',
  '--strict': 'flag',
  '--suppress-outputs': 'flag',
  '--suppress-permalink': 'flag',
  '--suppress-progress': 'flag',
  '--target': 'value',
  '-t': 'value',
  '--target-dependents': 'flag',
  '--tracing': 'value',
  '--urns': 'flag',
  '--verbose': 'value',
  '-v': 'value',
};

const programmed: Table = {
  '--exclude-dependents': 'flag',
  '--expect-no-changes': 'flag',
  '--policy-pack': 'value',
  '--policy-pack-config': 'value',
  '--replace': 'value',
  '--show-policy-remediations': 'flag',
  '--show-reads': 'flag',
  '--target-replace': 'value',
};

const own: Readonly<Record<Operation, Table>> = {
  up: {
    ...programmed,
    '--continue-on-error': 'flag',
    '--skip-preview': 'flag',
    '-f': 'flag',
    '--yes': 'flag',
    '-y': 'flag',
  },
  preview: {
    ...programmed,
    '-x': 'value',
    '--import-file': 'value',
    '--json': 'flag',
    '-j': 'flag',
    '--save-plan': 'value',
  },
  destroy: {
    '-x': 'value',
    '--continue-on-error': 'flag',
    '--exclude-protected': 'flag',
    '--json': 'flag',
    '-j': 'flag',
    '--preview-only': 'flag',
    '--skip-preview': 'flag',
    '-f': 'flag',
    '--yes': 'flag',
    '-y': 'flag',
  },
};

/** Options of the engine that would go past what a command has looked at, and what to do in their place. */
const decided: Readonly<Record<string, string>> = {
  '--stack': 'name the stack itself, as in "npm run up -- prod"',
  '-s': 'name the stack itself, as in "npm run up -- prod"',
  '--config-file': 'the configuration of a stack is Pulumi.STACK.yaml',
  '--cwd': 'the project is the folder of package.json',
  '-C': 'the project is the folder of package.json',
  '--remove': 'destroy forgets the stack in any case, and keeps its file',
};

export interface Shared {
  /** Words for the command itself. */
  own: string[];
  /** Words for the engine, in their order. */
  engine: string[];
}

/**
 * Tells the words for the engine from the others. What stands behind `--` is for the engine, whatever it is: one that is
 * newer than this project knows more.
 *
 * @throws Error where an option would change what the command has decided
 */
export function shareWords(operation: Operation, words: readonly string[]): Shared {
  const options: Table = { ...everywhere, ...own[operation] };
  const shared: Shared = { own: [], engine: [] };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    if (word === '--') {
      shared.engine.push(...words.slice(at + 1));
      break;
    }
    const { name, attached } = nameOf(word);
    const instead = decided[name];
    if (instead !== undefined) throw new Error(`${operation} does not take ${name}: ${instead}`);
    const kind = options[name];
    if (kind === undefined) {
      shared.own.push(word);
      continue;
    }
    const value = kind === 'value' && !attached ? words[at + 1] : undefined;
    if (kind === 'value' && !attached && value === undefined) throw new Error(`${name} needs a value behind it`);
    shared.engine.push(word, ...(value === undefined ? [] : [value]));
    if (value !== undefined) at += 1;
  }
  return shared;
}

/**
 * Values of the configuration for this one command, `--config KEY=VALUE` or `-c KEY=VALUE`, and the other words. They are
 * read as the stack file is, by everybody; the engine is not told of them beside its file.
 */
export function configWords(words: readonly string[]): { once: string[]; others: string[] } {
  const shared = { once: [] as string[], others: [] as string[] };
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const next = words[at + 1];
    if ((word === '--config' || word === '-c') && next !== undefined) {
      shared.once.push(next);
      at += 1;
    } else if (word.startsWith('--config=')) shared.once.push(word.slice('--config='.length));
    else shared.others.push(word);
  }
  return shared;
}

/** Options that set a value of the configuration for one command; the engine reads them in its environment, too. */
const configOptions = ['--config', '-c', '--config-path'];

/**
 * Why the words of a command would change the configuration behind everybody who has read it, in one sentence; undefined
 * if they do not.
 *
 * @param words what the person wrote, all that goes to the engine included
 */
export function configRefusal(words: readonly string[], environment: NodeJS.ProcessEnv): string | undefined {
  const variable = ['PULUMI_OPTION_CONFIG', 'PULUMI_OPTION_CONFIG_PATH'].find(
    (name) => (environment[name] ?? '') !== '',
  );
  const named = optionsIn(words).find((name) => configOptions.includes(name)) ?? variable;
  return named === undefined
    ? undefined
    : `${named} is refused here: its value would pass by whoever reads the configuration; write it into ` +
        'Pulumi.STACK.yaml, under "config:", or for one update behind "npm run up -- STACK" as --config KEY=VALUE';
}

/** Names of the options in the words of a command, those in groups such as `-yc` included. */
function optionsIn(words: readonly string[]): string[] {
  const kinds: Table = { ...everywhere, ...own.up, ...own.preview, ...own.destroy, '-C': 'value', '-s': 'value' };
  const names: string[] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    const letters = /^-[^-]/.test(word) ? [...word.slice(1)] : [];
    const valued = letters.findIndex((letter) => kinds[`-${letter}`] !== 'flag');
    const group = valued === -1 ? letters : letters.slice(0, valued + 1);
    names.push(...(word.startsWith('--') ? [word.split('=')[0] ?? word] : group.map((letter) => `-${letter}`)));
    const isLast = word.startsWith('--') ? !word.includes('=') : group.length === letters.length;
    if (isLast && kinds[names.at(-1) ?? ''] === 'value' && letters.length + Number(word.startsWith('--')) > 0) at += 1;
  }
  return names;
}

/** Long names of the options that an operation hands on. */
export function engineOptionNames(operation: Operation): string[] {
  return Object.keys({ ...everywhere, ...own[operation] }).filter((name) => name.startsWith('--'));
}

/** `--name=value`, `-xvalue` and `-x=value` hold their value. */
function nameOf(word: string): { name: string; attached: boolean } {
  if (word.startsWith('--')) return { name: word.split('=')[0] ?? word, attached: word.includes('=') };
  if (word.startsWith('-')) return { name: word.slice(0, 2), attached: word.length > 2 };
  return { name: word, attached: false };
}
