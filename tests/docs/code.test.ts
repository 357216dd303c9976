/**
 * Proves that the tables of the documentation say what the code says: keys with their types, defaults and descriptions,
 * fields with their defaults, what a change of a key takes, commands, outputs, who may do what on which topic, the
 * broker's files, the files of a bundle, and messages.
 *
 * Does not prove that a command or a key does what its description says: the other tests do.
 */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { allows, parseRule } from '../../mosquitto/acl';
import { aipiTopics } from '../../mosquitto/aipi';
import { clientFileNames, fileNames, keyTypes, serverFileNames } from '../../mosquitto/files';
import { clientKinds } from '../../mosquitto/listeners';
import { renderFiles, restartDigest } from '../../mosquitto/render';
import manifest from '../../package.json';
import { readSettings, type Settings } from '../../settings';
import { codeSpans, readMarkdown, type Table } from './markdown';
import { allPages, type Language, languages, page, read, root, table } from './pages';

/** The scripts that a person types; one that makes the package is npm's own to call. */
const typed = Object.keys(manifest.scripts).filter((name) => name !== 'prepack');

const readme = 'README.md';
const configuration = 'docs/configuration.md';
const commands = 'docs/commands.md';

interface Key {
  /** Missing where the engine knows no type for it. */
  type?: string;
  items?: { type: string };
  description: string;
  default: unknown;
}

interface Project {
  name: string;
  config: Record<string, Key>;
}

const project = parse(read('Pulumi.yaml')) as Project;
const keys = Object.entries(project.config);

function column({ rows }: Table, index: number): string[] {
  return rows.map((row) => row[index] ?? '');
}

/** The one code span that a cell consists of. */
function code(cell: string): string {
  return cell.match(/^`([^`]+)`$/)?.[1] ?? `not code: ${cell}`;
}

function typeOf({ type = 'any', items }: Key): string {
  return items === undefined ? type : `${type} of ${items.type}`;
}

/** Defaults that a table has no room for stand in a code block, as one would write them into a stack file. */
function blockDefaults(language: Language): Record<string, unknown> {
  const configs = page(configuration, language)
    .document.codeBlocks.filter(({ language }) => language === 'yaml')
    .map((block) => (parse(block.code) as { config?: Record<string, unknown> }).config ?? {});
  const config = configs.find((candidate) => `${project.name}:accounts` in candidate) ?? {};
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.slice(project.name.length + 1), value]));
}

describe.each(languages)('the documentation in %s', (language) => {
  test('lists the keys of Pulumi.yaml, each once, in its order', () => {
    const tables = allPages('english').flatMap(({ document }) => document.tables);
    expect(tables.filter(({ header }) => header[0] === 'Key')).toHaveLength(1);
    expect(column(table(configuration, language, 'Key'), 0).map(code)).toEqual(keys.map(([name]) => name));
  });

  test('gives each key the type of Pulumi.yaml', () => {
    expect(column(table(configuration, language, 'Key'), 1)).toEqual(keys.map(([, key]) => typeOf(key)));
  });

  test('gives each key the default of Pulumi.yaml', () => {
    const block = blockDefaults(language);
    const shown = table(configuration, language, 'Key').rows.map(([name = '', , value = '']) =>
      value.startsWith('[') ? block[code(name)] : parse(code(value)),
    );
    expect(shown).toEqual(keys.map(([, key]) => key.default));
    expect(Object.keys(block)).toHaveLength(
      shown.filter((value) => Array.isArray(value) && value[0] instanceof Object).length,
    );
  });

  test('gives each field of a listener, an account, a device and a role its default', () => {
    const defaults = Object.fromEntries(
      keys.map(([name, key]) => [
        `${project.name}:${name}`,
        typeof key.default === 'string' ? key.default : JSON.stringify(key.default),
      ]),
    );
    const settings = readSettings(project.name, 'any', {
      ...defaults,
      [`${project.name}:listeners`]: '[{"port":1},{"port":2,"clients":"devices"}]',
      [`${project.name}:accounts`]: '[{"username":"a","topics":[]}]',
      [`${project.name}:devices`]: '[{"id":"d"}]',
    });
    const { rules: topics, ...account } = settings.accounts[0] ?? { rules: [] };
    const { rules, ...role } = settings.roles[0] ?? { rules: [] };
    const all = {
      listeners: settings.listeners[0] ?? {},
      accounts: { ...account, topics },
      devices: settings.devices[0] ?? {},
      roles: { ...role, topics: rules, maxSilenceMinutes: Object.values(settings.maxSilenceMinutes)[0] },
    };
    const fields = [
      ...Object.entries(all).flatMap(([key, values]) =>
        Object.entries(values).map(([field, value]) => [`${key}[].${field}`, value] as const),
      ),
      ...Object.entries(settings.monitoring).map(([field, value]) => [`monitoring.${field}`, value] as const),
    ];
    const optional = fields.filter(([field]) => !/\[\]\.(port|username|topics|id|name)$/.test(field));
    const rows = table(configuration, language, 'Field').rows;
    expect(rows.map(([field = '']) => code(field)).sort()).toEqual(fields.map(([field]) => field).sort());
    const shown = rows.map(([field = '', value = '']) => [code(field), value] as const);
    const withDefault = shown.filter(([, value]) => value.startsWith('`'));
    expect(Object.fromEntries(withDefault.map(([field, value]) => [field, parse(code(value))]))).toEqual(
      Object.fromEntries(optional),
    );
  });

  test('names every npm script, and no other', () => {
    const text = allPages(language)
      .flatMap(({ document }) => [...document.prose, ...document.codeBlocks.map((block) => block.code)])
      .join('\n');
    const scripts = [...text.matchAll(/\bnpm (?:run (?:-s )?([a-z:]+)|(test)\b)/g)].map(([, run, test]) => run ?? test);
    expect([...new Set(scripts)].sort()).toEqual([...typed].sort());
  });

  test('lists the commands in the order of package.json', () => {
    const listed = column(table(readme, language, 'Command'), 0).map(
      (cell) => code(cell).match(/^npm (?:run )?([a-z:]+)/)?.[1],
    );
    expect(listed).toEqual(typed);
  });

  test('lists the outputs of index.ts, in its order', () => {
    const exported = [...read('index.ts').matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
    expect(exported).not.toHaveLength(0);
    expect(column(table(commands, language, 'Output'), 0).map(code)).toEqual(exported);
  });

  test('lists the topics of AIPI, and what the default accounts and roles may do there', () => {
    const { header, rows } = table(configuration, language, 'Topic');
    const accounts = project.config.accounts?.default as Array<{ username: string; topics: string[] }>;
    const roles = project.config.roles?.default as Array<{ name: string; topics: string[] }>;
    const users = [...accounts, ...roles.map(({ name, topics }) => ({ username: name, topics }))];
    expect(header.slice(1).map(code)).toEqual(users.map(({ username }) => username));
    expect(rows.map(([topic = '']) => code(topic).replace('{device_id}', '+'))).toEqual([...aipiTopics]);
    const rights = rows.map(([, ...cells]) =>
      cells.map((cell) => ({ write: /publish|发布/.test(cell), read: /read|读取/.test(cell) })),
    );
    expect(rights).toEqual(
      aipiTopics.map((filter) =>
        users.map(({ topics }) => {
          const own = topics.map((rule) => rule.replace('{id}', 'pi-1'));
          const rules = own.map(parseRule).filter((rule) => rule !== undefined);
          const topic = filter.replace('+', 'pi-1');
          return { write: allows(rules, 'write', topic), read: allows(rules, 'read', topic) };
        }),
      ),
    );
  });
});

test('the page in English describes each key in the words of Pulumi.yaml', () => {
  expect(column(table(configuration, 'english', 'Key'), 3)).toEqual(keys.map(([, key]) => key.description));
});

test('the page in Chinese translates each description', () => {
  const descriptions = column(table(configuration, 'chinese', 'Key'), 3);
  expect(descriptions.filter((text) => !/\p{Script=Han}/u.test(text) || codeSpans(text).length > 0)).toEqual([]);
});

/** Settings of the stack prod, with another value of one key. */
function settingsWith(name?: string, value?: unknown): Settings {
  const own = (parse(read('Pulumi.prod.yaml')) as { config: Record<string, unknown> }).config;
  const defaults = Object.fromEntries(keys.map(([key, { default: given }]) => [`${project.name}:${key}`, given]));
  const values = { ...defaults, ...own, ...(name !== undefined && { [`${project.name}:${name}`]: value }) };
  const texts = Object.entries(values).map(([key, given]) => [
    key,
    typeof given === 'string' ? given : JSON.stringify(given),
  ]);
  return readSettings(project.name, 'any', Object.fromEntries(texts));
}

/** Values where the default says too little of what another one may be. */
const otherValues: Record<string, unknown> = {
  listeners: [{ port: 7_883 }],
  keyAlgorithm: 'RSA-2048',
  logTypes: ['error', 'information'],
  persistenceSync: 'normal',
  image: 'eclipse-mosquitto:2.1.1',
};

/** What of a broker changes with a key: `restart` is what only a new start applies, `files` anything that it reads. */
function changesWith(name: string): { restart: boolean; files: boolean } {
  const given = project.config[name]?.default;
  const other = otherValues[name] ?? (typeof given === 'boolean' ? !given : Number(given) + 1);
  const [before, after] = [settingsWith(), settingsWith(name, other)];
  return {
    restart: restartDigest(before) !== restartDigest(after),
    files: JSON.stringify(renderFiles(before, [])) !== JSON.stringify(renderFiles(after, [])),
  };
}

test('says of each key what its change takes', () => {
  const [reload, removed, restart, container, emptied] = table(configuration, 'english', 'Change').rows.map(
    ([change = '']) => codeSpans(change).filter((span) => span in project.config && span !== 'extraOptions'),
  );
  expect(reload?.map((name) => [name, changesWith(name)])).toEqual(
    reload?.map((name) => [name, { restart: false, files: true }]),
  );
  const [restarted, others] = [restart?.filter((name) => name !== 'image'), [...(container ?? []), 'image']];
  expect(restarted?.map((name) => [name, changesWith(name)])).toEqual(
    restarted?.map((name) => [name, { restart: true, files: true }]),
  );
  // These are options of the container.
  expect(others.map((name) => [name, changesWith(name)])).toEqual(
    others.map((name) => [name, { restart: false, files: false }]),
  );
  expect([reload?.length, removed, emptied]).toEqual([3, [], ['containerName']]);
});

test('names each file of the broker', () => {
  const cells = column(table('docs/inside.md', 'english', 'File on the volume'), 0);
  const all = [
    ...Object.values(fileNames),
    ...keyTypes.flatMap((keyType) => Object.values(serverFileNames(keyType))),
    ...clientKinds.flatMap((kind) => Object.values(clientFileNames(kind))),
  ];
  expect(cells.flatMap(codeSpans).sort()).toEqual(all.sort());
});

test('names each file that is the same in every bundle', () => {
  const named = column(table('docs/devices.md', 'english', 'Place in `FOLDER/ID`'), 0).flatMap(codeSpans);
  const files = readdirSync(join(root, 'bundle'), { recursive: true, encoding: 'utf8' }).filter((path) =>
    statSync(join(root, 'bundle', path)).isFile(),
  );
  expect(files).not.toHaveLength(0);
  expect(files.filter((path) => !named.some((place) => path === place || path.startsWith(`${place}/`)))).toEqual([]);
});

/** Messages of the engine and of Docker. */
const words = [
  'port is already allocated',
  'the stack is currently locked',
  'incorrect passphrase',
  'marked for protection',
  'cannot be deleted because it is protected',
];

/** Everything that this repository says, tests left out. */
function sources(): string {
  const { stdout } = spawnSync('git', ['ls-files', '*.ts', '*.mjs', 'bundle', ':!tests'], {
    cwd: root,
    encoding: 'utf8',
  });
  return stdout
    .split('\n')
    .filter((path) => path !== '' && existsSync(join(root, path)))
    .map(read)
    .join('\n');
}

test('knows no message that nobody says', () => {
  const source = sources();
  const { tables } = page('docs/failures.md', 'english').document;
  const messages = tables
    .filter(({ header }) => header[0] === 'Symptom')
    .flatMap((each) => column(each, 0))
    .flatMap(codeSpans)
    .filter((message) => !words.includes(message));
  expect(messages.length).toBeGreaterThan(20);
  const isSaid = (message: string) => message.split('…').every((part) => source.includes(part));
  expect(messages.filter((message) => !isSaid(message))).toEqual([]);
});

test('is there where messages send a reader', () => {
  const sent = [...sources().matchAll(/"([A-Z][^"\n]*)" in (docs\/[\w.-]+\.md)/g)];
  expect(sent).not.toHaveLength(0);
  const isThere = (heading: string, file: string) =>
    existsSync(join(root, file)) && readMarkdown(read(file)).headings.some(({ text }) => text === heading);
  expect(sent.filter(([, heading = '', file = '']) => !isThere(heading, file)).map(([text]) => text)).toEqual([]);
  expect(sources()).not.toMatch(/in the README/);
});
