/** From the words of a person to what is asked, or to help. */

import { Command, CommanderError } from 'commander';
import { closest } from 'fastest-levenshtein';
import { quoted } from '../mosquitto/quoted';
import { type CommandEntry, call, commands } from './catalogue';
import { engineOptionNames, shareWords } from './engineOptions';
import type { Asked, Options } from './options';

/** What is to be done, or the text that answers. */
export type Reading = { asked: Asked } | { help: string };

const helpFlags = ['--help', '-h'];

/**
 * Reads a command and the words behind it. Nothing is looked at and nothing started.
 *
 * @param environment npm leaves there what it took for options of its own
 * @throws Error in one sentence that names what is meant, where a word is none
 */
export function read([name = 'help', ...words]: readonly string[], environment: NodeJS.ProcessEnv = {}): Reading {
  const entry = entryOf(name);
  const own = words.includes('--') ? words.slice(0, words.indexOf('--')) : words;
  if (own.some((word) => helpFlags.includes(word))) return { help: commandHelp(entry) };
  if (entry.name === 'help') return { help: words[0] === undefined ? overview() : commandHelp(entryOf(words[0])) };
  const taken = takenByNpm(entry, environment);
  if (taken !== undefined) {
    throw new Error(
      `${taken} went to npm, and not to ${name}; write it behind "--": ${call(name, [...words, taken].join(' '))}`,
    );
  }
  return { asked: parsed(entry, words) };
}

/** Names that are also settings of npm, or of what it builds, and may stand in the environment for other reasons. */
const ofNpm = [
  '--all',
  '--color',
  '--config',
  '--debug',
  '--diff',
  '--json',
  '--message',
  '--target',
  '--verbose',
  '--yes',
];

/** An option of the command that stands before "--": npm takes it away, and a destruction that was to be shown is done. */
function takenByNpm(entry: CommandEntry, environment: NodeJS.ProcessEnv): string | undefined {
  return [...namesOf(entry), ...engineNamesOf(entry)].find(
    (name) => !ofNpm.includes(name) && environment[`npm_config_${name.slice(2).replaceAll('-', '_')}`] !== undefined,
  );
}

function parsed(entry: CommandEntry, words: readonly string[]): Asked {
  const { name } = entry;
  if (entry.handsOn === true) return { command: name, stack: 'dev', options: {}, words: [...words] };
  const shared = entry.operation === undefined ? { own: [...words], engine: [] } : shareWords(entry.operation, words);
  const command = parserOf(entry);
  try {
    command.parse(shared.own, { from: 'user' });
  } catch (error) {
    const [, flag] = (error instanceof CommanderError && error.message.match(/option '(?:-\w, )?(\S+)/)) || [];
    if (flag === undefined) throw error;
    throw new Error(`${flag} needs a value behind it; see "${call(name, '--help')}"`);
  }
  const { args } = command;
  const meant = entry.words === undefined || !words.includes('--') ? [] : words.slice(words.indexOf('--') + 1);
  const unknown = args.find((word) => word.startsWith('-') && word !== '-' && !meant.includes(word));
  if (unknown !== undefined) throw new Error(unknownOption(entry, unknown));
  const [stack = 'dev', ...others] = entry.ofStack ? args : ['dev', ...args];
  const [unwanted] = entry.words === undefined ? others : [];
  if (unwanted !== undefined) throw new Error(oneTooMany(entry, unwanted));
  return { command: name, stack, options: command.opts<Options>(), words: [...others, ...shared.engine] };
}

/** Words that it does not know are left to be refused in our own words. */
function parserOf(entry: CommandEntry): Command {
  const command = new Command(call(entry.name))
    .description([`${entry.summary}.`, entry.more].filter((line) => line !== undefined).join('\n'))
    .usage(usage(entry))
    .helpOption('-h, --help', 'show this')
    .configureHelp({ helpWidth: 100 })
    .allowUnknownOption()
    .allowExcessArguments()
    .exitOverride()
    .configureOutput({ writeErr: () => {} });
  if (entry.ofStack) command.argument('[stack]', 'name of a file Pulumi.STACK.yaml (default: dev)');
  if (entry.words !== undefined) command.argument(`[${entry.words.name}...]`, entry.words.says);
  for (const { flags, says } of entry.options) command.option(flags, says);
  return command;
}

function usage({ ofStack, words, options, operation, handsOn }: CommandEntry): string {
  const parts = [
    ...(ofStack ? ['[STACK]'] : []),
    ...(words === undefined ? [] : [`[${words.name.toUpperCase()}...]`]),
    ...(options.length > 0 || handsOn === true ? ['[options]'] : []),
    ...(operation === undefined ? [] : ['[options of the engine]']),
  ];
  return parts.length === 0 ? '' : `-- ${parts.join(' ')}`;
}

function commandHelp(entry: CommandEntry): string {
  const { name, operation, examples } = entry;
  const width = Math.max(...examples.map(({ words }) => call(name, words).length));
  const engine =
    operation === undefined
      ? []
      : [
          '',
          `Options of "pulumi ${operation}", such as ${engineExamples[operation]}, go to the engine as they are;`,
          'so does everything behind another "--".',
        ];
  return [
    parserOf(entry).helpInformation().trimEnd(),
    ...engine,
    '',
    examples.length === 1 ? 'Example:' : 'Examples:',
    ...examples.map(({ words, says }) => `  ${call(name, words).padEnd(width)}  ${says}`),
  ].join('\n');
}

const engineExamples = {
  up: '--target URN, --refresh or --replace URN',
  preview: '--diff, --json or --target URN',
  destroy: '--target URN or --preview-only',
} as const;

/** Every command in one line. */
function overview(): string {
  const width = Math.max(...commands.map(({ name }) => call(name).length));
  return [
    'A verified, secure Mosquitto broker for a fleet of Raspberry Pis.',
    '',
    ...commands.map(({ name, summary }) => `  ${call(name).padEnd(width)}  ${summary}`),
    '',
    'What stands behind a command comes after "--", a stack first: npm run up -- prod. Without one it is dev.',
    'More of each, with examples: npm run help -- up, or npm run up -- --help',
  ].join('\n');
}

function entryOf(name: string): CommandEntry {
  const entry = commands.find((each) => each.name === name);
  if (entry !== undefined) return entry;
  const nearest = closest(
    name,
    commands.map((each) => each.name),
  );
  throw new Error(`There is no command ${quoted(name)}; did you mean "${nearest}"? "npm run help" lists them`);
}

function unknownOption(entry: CommandEntry, word: string): string {
  const [option = word] = word.split('=');
  const said = `${entry.name} has no option ${quoted(option)}`;
  if (namesOf(entry).includes(option)) return `${option} of ${entry.name} takes no value; write "${option}" alone`;
  const owner = commands.find((each) => namesOf(each).includes(option) || engineNamesOf(each).includes(option));
  if (owner !== undefined) return `${said}; ${owner.name} has it ("${call(owner.name, '--help')}")`;
  return `${said}; did you mean "${closest(option, [...namesOf(entry), ...engineNamesOf(entry), '--help'])}"? "${call(entry.name, '--help')}" lists them`;
}

function oneTooMany(entry: CommandEntry, word: string): string {
  const takes = entry.ofStack ? 'one stack' : 'no words';
  return `${entry.name} takes ${takes}, and ${quoted(word)} is one too many; see "${call(entry.name, '--help')}"`;
}

function namesOf({ options }: CommandEntry): string[] {
  return options.map(({ flags }) => flags.split(' ')[0] ?? flags);
}

/** Names of what goes to the engine. */
function engineNamesOf({ operation }: CommandEntry): string[] {
  return operation === undefined ? [] : engineOptionNames(operation);
}
