/** The command line: what is asked for by which words, what is refused with which sentence, and help. */

import { commands } from '../../commands/catalogue';
import { read } from '../../commands/commandLine';
import manifest from '../../package.json';

function asked(...words: string[]) {
  const reading = read(words);
  if ('help' in reading) throw new Error('that is help');
  return reading.asked;
}

function help(...words: string[]): string {
  const reading = read(words);
  if ('asked' in reading) throw new Error('that is no help');
  return reading.help;
}

describe('words', () => {
  it.each([
    [['up'], { stack: 'dev', options: {}, words: [] }],
    [
      ['up', 'prod', '--checks', '--json', '--only-if-due'],
      { stack: 'prod', options: { checks: true, json: true, onlyIfDue: true } },
    ],
    [['verify', '--json', 'prod'], { stack: 'prod', options: { json: true } }],
    [['outputs', 'prod', '--show-secrets'], { stack: 'prod', options: { showSecrets: true } }],
    [
      ['provision', 'prod', 'pi-1', 'pi-2', '--out', 'x'],
      { stack: 'prod', options: { out: 'x' }, words: ['pi-1', 'pi-2'] },
    ],
    [['provision', 'prod', '--out=x', '--next', 'pi-1'], { options: { out: 'x', next: true }, words: ['pi-1'] }],
    [
      ['provision', '--account', 'a', '--format', 'json', '--all'],
      { stack: 'dev', options: { account: 'a', format: 'json', all: true } },
    ],
    [['test:integration', 'dev', 'drift'], { words: ['dev', 'drift'] }],
    [['bench', '--json', '--runs', '3'], { words: ['--json', '--runs', '3'] }],
  ])('%j', (words, expected) => {
    expect(asked(...words)).toMatchObject({ command: words[0], ...expected });
  });
});

describe('words for the engine', () => {
  it.each([
    [['up', 'prod', '--target', 'urn:a', '--refresh'], 'prod', ['--target', 'urn:a', '--refresh']],
    [['up', '--target', 'urn:a', 'prod'], 'prod', ['--target', 'urn:a']],
    [['up', '--refresh', 'prod', '-t', 'urn:a', '-p4'], 'prod', ['--refresh', '-t', 'urn:a', '-p4']],
    [['up', '--config', 'a:b=c', '--replace=urn:a'], 'dev', ['--config', 'a:b=c', '--replace=urn:a']],
    [['up', 'prod', '--plan', 'plan.json'], 'prod', ['--plan', 'plan.json']],
    [['preview', 'prod', '--diff', '--json', '--save-plan', 'p'], 'prod', ['--diff', '--json', '--save-plan', 'p']],
    [['destroy', '--preview-only'], 'dev', ['--preview-only']],
    [['up', 'prod', '--checks', '--', '--of-a-newer-engine', '--help'], 'prod', ['--of-a-newer-engine', '--help']],
  ])('%j', (words, stack, engine) => {
    expect(asked(...words)).toMatchObject({ stack, words: engine });
  });

  it('are not those of the command', () => {
    expect(asked('up', '--checks', '--diff', '--json')).toMatchObject({
      options: { checks: true, json: true },
      words: ['--diff'],
    });
  });
});

describe('refused', () => {
  it.each([
    [['uup'], 'There is no command "uup"; did you mean "up"? "npm run help" lists them'],
    [['help', 'verfy'], 'There is no command "verfy"; did you mean "verify"? "npm run help" lists them'],
    [['up', '--chekcs'], 'up has no option "--chekcs"; did you mean "--checks"? "npm run up -- --help" lists them'],
    [
      ['up', '--only-if-du'],
      'up has no option "--only-if-du"; did you mean "--only-if-due"? "npm run up -- --help" lists them',
    ],
    [
      ['up', '--tarrget=urn'],
      'up has no option "--tarrget"; did you mean "--target"? "npm run up -- --help" lists them',
    ],
    [['verify', '--target', 'a'], 'verify has no option "--target"; up has it ("npm run up -- --help")'],
    [['up', '--show-secrets'], 'up has no option "--show-secrets"; outputs has it ("npm run outputs -- --help")'],
    [['verify', '--json=1'], '--json of verify takes no value; write "--json" alone'],
    [['verify', 'prod', 'dev'], 'verify takes one stack, and "dev" is one too many; see "npm run verify -- --help"'],
    [['up', 'prod', 'dev'], 'up takes one stack, and "dev" is one too many; see "npm run up -- --help"'],
    [['env', 'prod'], 'env takes no words, and "prod" is one too many; see "npm run env -- --help"'],
    [['test', '--jsno'], 'test has no option "--jsno"; did you mean "--help"? "npm test -- --help" lists them'],
    [['provision', 'prod', '--out'], '--out needs a value behind it; see "npm run provision -- --help"'],
    [['up', '--target'], '--target needs a value behind it'],
    [['up', '--stack', 'prod'], 'up does not take --stack: name the stack itself, as in "npm run up -- prod"'],
    [['preview', '--cwd=/'], 'preview does not take --cwd: the project is the folder of package.json'],
    [
      ['destroy', '--remove'],
      'destroy does not take --remove: destroy forgets the stack in any case, and keeps its file',
    ],
  ])('%j', (words, sentence) => {
    expect(() => read(words)).toThrow(new Error(sentence));
  });
});

describe('options before "--"', () => {
  it.each([
    [
      'destroy',
      'npm_config_preview_only',
      '--preview-only went to npm, and not to destroy; write it behind "--": npm run destroy -- prod --preview-only',
    ],
    [
      'up',
      'npm_config_only_if_due',
      '--only-if-due went to npm, and not to up; write it behind "--": npm run up -- prod --only-if-due',
    ],
  ])('of %s are not lost', (name, variable, sentence) => {
    expect(() => read([name, 'prod'], { [variable]: 'true' })).toThrow(new Error(sentence));
  });

  it.each([
    ['verify', 'npm_config_only_if_due'],
    ['up', 'npm_config_json'],
    ['up', 'npm_config_user_agent'],
  ])('that may be settings of npm are left alone: %s with %s', (name, variable) => {
    expect(() => read([name, 'prod'], { [variable]: 'true' })).not.toThrow();
  });
});

describe('help', () => {
  it('lists every npm script in one line, in the order of package.json', () => {
    // One that makes the package is npm's own to call.
    const typed = Object.keys(manifest.scripts).filter((name) => name !== 'prepack');
    expect(commands.map(({ name }) => name)).toEqual(typed);
    const lines = help('help').split('\n');
    for (const { name, summary } of commands)
      expect(
        lines.filter((line) => line.endsWith(` ${summary}`) && / npm (run )?\S+ /.test(line) && line.includes(name)),
      ).toHaveLength(1);
    expect(help('help')).toContain('npm run help -- up');
    expect(help()).toBe(help('help'));
  });

  it.each(commands.map((entry) => [entry.name, entry] as const))(
    'of %s has its options and an example',
    (name, entry) => {
      const text = help(name, '--help');
      expect(text).toContain(`${entry.summary}.`);
      expect(text).toMatch(/\nExamples?:\n {2}npm (run|test)/);
      for (const { flags, says } of entry.options) expect(text.replace(/\s+/g, ' ')).toContain(`${flags} ${says}`);
      expect(help(name, '-h')).toBe(text);
      expect(help('help', name)).toBe(name === 'help' ? help('help', 'help') : text);
      for (const line of text.split('\n')) expect(line.length).toBeLessThanOrEqual(120);
    },
  );

  it.each(commands.flatMap(({ name, examples }) => examples.map(({ words }) => [name, words] as const)))(
    'the example %s %s can be read',
    (name, words) => {
      expect(() => read([name, ...words.split(' ').filter((word) => word !== '')])).not.toThrow();
    },
  );

  it('wins over words that would be refused', () => {
    expect(help('up', 'prod', '--chekcs', '--help')).toContain('npm run up -- prod');
  });
});
