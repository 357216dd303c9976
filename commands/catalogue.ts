/** The commands: what each is for, what may stand behind it, and examples. Help and parsing are made from this. */

import { levels } from '../review/levelNames';
import type { Operation } from './engineOptions';

export interface OptionEntry {
  /** In the form of commander, for example `--out <folder>`. */
  flags: string;
  says: string;
}

export interface CommandEntry {
  /** Name of the npm script. */
  name: string;
  /** One line for the list of commands. */
  summary: string;
  /** More for its own help; empty where the summary says it all. */
  more?: string;
  /** Whether its first word is a stack. */
  ofStack: boolean;
  /** What may stand behind, but for the stack and options: its name, and what it means. */
  words?: { name: string; says: string };
  /** Whether options are those of the program that it starts, to be refused there. */
  handsOn?: boolean;
  /** The operation of the engine that it runs, whose options it hands on. */
  operation?: Operation;
  options: OptionEntry[];
  /** Words behind the command, and what they are for. */
  examples: Array<{ words: string; says: string }>;
}

const json: OptionEntry = { flags: '--json', says: 'print JSON alone on standard output' };
const checks: OptionEntry = { flags: '--checks', says: 'list every check, not only those that failed' };

export const commands: readonly CommandEntry[] = [
  {
    name: 'up',
    summary: 'Brings the broker to what the stack file says, and proves it',
    more: 'It sets up what is missing, looks at what runs, mends what others have changed, and deploys.',
    ofStack: true,
    operation: 'up',
    options: [
      checks,
      json,
      { flags: '--only-if-due', says: 'do nothing as long as no certificate asks for an update' },
      { flags: '--take-over', says: 'take the broker of another stack or state, with its messages' },
    ],
    examples: [
      { words: '', says: 'a broker for this machine' },
      { words: 'prod --refresh', says: 'the stack of Pulumi.prod.yaml, with a word for the engine' },
      { words: 'prod --only-if-due', says: 'for a nightly run' },
    ],
  },
  {
    name: 'preview',
    summary: 'Says what up would change, and what is no longer as it was deployed; does nothing',
    ofStack: true,
    operation: 'preview',
    options: [],
    examples: [
      { words: 'prod', says: 'what an update of prod would do' },
      { words: 'prod --diff', says: 'the same, property by property' },
    ],
  },
  {
    name: 'review',
    summary: 'Says what a change means to who reviews it: access, devices, who is disconnected; as Markdown',
    more:
      'It needs no Docker and no way to the broker: it compares the stack file with what the state says of the last\n' +
      'deployment. It exits 1 where something is so that a pipeline is to fail by, and 2 where it could not be made.',
    ofStack: true,
    options: [
      { flags: '--base <revision>', says: 'name the revision that the change is made on' },
      { flags: '--from <source>', says: 'state, or base for the two revisions alone (default: state)' },
      {
        flags: '--fail-on <levels>',
        says: `exit 1 where one of these is so, in place of those of review.failOn: ${levels.join(', ')}`,
      },
      { flags: '--look', says: 'look at the broker, too, on its machine, for what others have changed' },
      json,
      { flags: '--out <file>', says: 'write to a file in place of standard output' },
    ],
    examples: [
      { words: 'prod', says: 'what an update of prod would mean' },
      { words: 'prod --base origin/main --fail-on access-widened', says: 'for a pull request' },
      { words: 'prod --base origin/main --from base', says: 'the same without the state and its secrets' },
      { words: 'prod --look --fail-on drift', says: 'for a nightly run on the machine of the broker' },
    ],
  },
  {
    name: 'destroy',
    summary: 'Removes a stack with its container and its volumes',
    more: 'The stack file stays, and with retainDataOnDestroy the data volume, too.',
    ofStack: true,
    operation: 'destroy',
    options: [],
    examples: [
      { words: '', says: 'the broker of this machine' },
      { words: 'prod', says: 'that of Pulumi.prod.yaml' },
    ],
  },
  {
    name: 'verify',
    summary: 'Proves the broker as it is now; exits 1 when a check fails',
    ofStack: true,
    options: [checks, json],
    examples: [
      { words: 'prod', says: 'one line where all holds, and each check that does not' },
      { words: 'prod --json', says: 'every check as JSON, for a monitor' },
    ],
  },
  {
    name: 'outputs',
    summary: 'Prints what a stack hands over: endpoints, certificates, accounts',
    ofStack: true,
    options: [json, { flags: '--show-secrets', says: 'print passwords, too' }],
    examples: [
      { words: 'prod --show-secrets', says: 'with passwords' },
      { words: 'prod --json', says: 'every output as JSON, secrets hidden' },
    ],
  },
  {
    name: 'provision',
    summary: 'Writes the bundles that devices boot with, or the certificate of an account',
    ofStack: true,
    words: { name: 'devices', says: 'ids of deployed devices' },
    options: [
      { flags: '--all', says: 'every deployed device' },
      { flags: '--out <folder>', says: 'folder for the bundles, outside this repository' },
      {
        flags: '--format <format>',
        says: 'bundle, or json for one record a line on standard output (default: bundle)',
      },
      { flags: '--next', says: 'for the generation after the present one' },
      { flags: '--account <name>', says: 'the certificate of an account, in the place of devices' },
      {
        flags: '--broker <system>',
        says: 'the broker for macos, macos-intel or windows, which nobody has tried there',
      },
    ],
    examples: [
      { words: 'prod pi-001 pi-002 --out ~/bundles', says: 'two devices' },
      { words: 'prod --all --out ~/bundles', says: 'all of them' },
      { words: 'prod --account aisa_server --out ~/bundles', says: 'an account' },
    ],
  },
  {
    name: 'certificates',
    summary: 'Lists certificates with the days that are left; exits 1 when one asks for something',
    ofStack: true,
    options: [json],
    examples: [
      { words: 'prod', says: 'as a table' },
      { words: 'prod --json', says: 'for a monitor' },
    ],
  },
  {
    name: 'status',
    summary: 'Shows how the broker does now and on the last day; exits 1 when something is critical',
    more: 'It asks the exporter, which runs where monitoring.enabled is true.',
    ofStack: true,
    options: [json, { flags: '--watch', says: 'show it anew every two seconds, until Ctrl-C' }],
    examples: [
      { words: 'prod', says: 'what needs a hand, rates, listeners, devices' },
      { words: 'prod --watch', says: 'the same, live' },
      { words: 'prod --json', says: 'as JSON, for a program' },
    ],
  },
  {
    name: 'devices',
    summary: 'Lists the deployed devices, and who is connected',
    ofStack: true,
    options: [json],
    examples: [
      { words: 'prod', says: 'as a table' },
      { words: 'prod --json', says: 'as JSON' },
    ],
  },
  {
    name: 'doctor',
    summary: 'Says what is wrong with a deployed broker, the cause first, with the remedy; changes nothing',
    more:
      'What needs the state or the passphrase is left out where they are not at hand, and said. It exits 1 where\n' +
      'something needs a hand, and 2 where nothing was found and not everything could be looked at.',
    ofStack: true,
    options: [json],
    examples: [
      { words: 'prod', says: 'what is wrong, for whom, and the command that mends it' },
      { words: 'prod --json', says: 'the same for a script' },
    ],
  },
  {
    name: 'log',
    summary: 'Prints the log of the broker, with what each line means to it',
    ofStack: true,
    options: [
      { flags: '--json', says: 'print one JSON object a line, for who ships logs' },
      { flags: '--follow', says: 'go on with each new line, until it is ended' },
      {
        flags: '--since <time>',
        says: 'from then on: 30m, 24h, 7d, or a time of ISO 8601 (default: all that is kept)',
      },
    ],
    examples: [
      { words: 'prod --since 1h', says: 'the last hour' },
      { words: 'prod --json --follow', says: 'for a program that ships it' },
    ],
  },
  {
    name: 'monitoring',
    summary: 'Writes files for a Prometheus, Alertmanager and Grafana of your own, and MQTT Explorer',
    ofStack: true,
    options: [
      { flags: '--out <folder>', says: 'folder for the files, outside this repository' },
      {
        flags: '--account <name>',
        says: 'the account that MQTT Explorer logs in as (default: the first that may read #)',
      },
    ],
    examples: [{ words: 'prod --out ~/monitoring', says: 'what to scrape, rules, dashboards; one holds a password' }],
  },
  {
    name: 'access',
    summary: 'Says who may read and publish what by the stack file, and who reaches which port',
    ofStack: true,
    options: [json, { flags: '--html <file>', says: 'write it as a page, to attach or print' }],
    examples: [
      { words: 'prod', says: 'as a table' },
      { words: 'prod --html ~/access.html', says: 'as one file that needs no network' },
    ],
  },
  {
    name: 'explain',
    summary: 'Says whether a user may publish, or what a subscription gives it, and which line decides',
    more: 'It reads the stack file alone, and answers as the broker with these lines does.',
    ofStack: true,
    words: { name: 'question', says: 'a user, publish or subscribe, and a topic or filter in quotes' },
    options: [json],
    examples: [
      { words: 'prod aisa_rpi publish device/control', says: 'may it?' },
      { words: "prod pi-001 subscribe '#'", says: 'which messages would it get?' },
    ],
  },
  {
    name: 'env',
    summary: 'Prints the exports that make plain pulumi use what set-up made',
    ofStack: false,
    options: [],
    examples: [{ words: '', says: 'in a shell: eval "$(npm run -s env)"' }],
  },
  {
    name: 'help',
    summary: 'Lists the commands, or tells of one of them',
    ofStack: false,
    words: { name: 'command', says: 'the command to tell of' },
    options: [],
    examples: [{ words: 'up', says: 'the same as npm run up -- --help' }],
  },
  {
    name: 'test:quick',
    summary: 'Checks format, lint and types, and runs the tests that need neither an engine nor Docker',
    ofStack: false,
    options: [],
    examples: [{ words: '', says: 'less than a minute' }],
  },
  {
    name: 'test:integration',
    summary: 'Runs the tests with the real engine, Docker and Mosquitto alone',
    ofStack: false,
    words: { name: 'suites', says: 'parts of the paths of suites; none for all' },
    options: [],
    examples: [{ words: 'dev drift', says: 'two of the suites' }],
  },
  {
    name: 'test',
    summary: 'Checks format, lint and types, and runs all tests',
    ofStack: false,
    options: [],
    examples: [{ words: '', says: 'what CI runs' }],
  },
  {
    name: 'bench',
    summary: 'Measures what a person waits for, over what the engine itself takes',
    ofStack: false,
    handsOn: true,
    options: [],
    examples: [
      { words: '--runs 3', says: 'three times in place of five' },
      { words: 'fleet --only state', says: 'what a fleet costs, one section of it' },
    ],
  },
];

/** How a person calls a command, with words behind it or none. */
export function call(name: string, words = ''): string {
  const script = name === 'test' ? 'npm test' : `npm run ${name}`;
  return words === '' ? script : `${script} -- ${words}`;
}
