/**
 * Proves that the tables of the READMEs say what the code says: keys with their types, defaults and descriptions,
 * fields with their defaults, commands, outputs, and who may do what on which topic.
 *
 * Does not prove that a command or a key does what its description says: the other tests do.
 */

import { parse } from 'yaml';
import { allows, parseRule } from '../../mosquitto/acl';
import { aipiTopics } from '../../mosquitto/aipi';
import manifest from '../../package.json';
import { readSettings } from '../../settings';
import { codeSpans, type Table } from './markdown';
import { english, type Readme, read, readmes, table } from './readmes';

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
function blockDefaults({ document }: Readme): Record<string, unknown> {
  const configs = document.codeBlocks
    .filter(({ language }) => language === 'yaml')
    .map((block) => (parse(block.code) as { config?: Record<string, unknown> }).config ?? {});
  const config = configs.find((candidate) => `${project.name}:accounts` in candidate) ?? {};
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.slice(project.name.length + 1), value]));
}

describe.each(readmes)('$name', (readme) => {
  test('lists the keys of Pulumi.yaml, in its order', () => {
    expect(column(table(readme, 'keys'), 0).map(code)).toEqual(keys.map(([name]) => name));
  });

  test('gives each key the type of Pulumi.yaml', () => {
    expect(column(table(readme, 'keys'), 1)).toEqual(keys.map(([, key]) => typeOf(key)));
  });

  test('gives each key the default of Pulumi.yaml', () => {
    const block = blockDefaults(readme);
    const shown = table(readme, 'keys').rows.map(([name = '', , value = '']) =>
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
      roles: { ...role, topics: rules },
    };
    const fields = Object.entries(all).flatMap(([key, values]) =>
      Object.entries(values).map(([field, value]) => [`${key}[].${field}`, value] as const),
    );
    const optional = fields.filter(([field]) => !/\.(port|username|topics|id|name)$/.test(field));
    const rows = table(readme, 'fields').rows;
    expect(rows.map(([field = '']) => code(field)).sort()).toEqual(fields.map(([field]) => field).sort());
    const shown = rows.map(([field = '', value = '']) => [code(field), value] as const);
    const withDefault = shown.filter(([, value]) => value.startsWith('`'));
    expect(Object.fromEntries(withDefault.map(([field, value]) => [field, parse(code(value))]))).toEqual(
      Object.fromEntries(optional),
    );
  });

  test('names every npm script, and no other', () => {
    const text = [...readme.document.prose, ...readme.document.codeBlocks.map((block) => block.code)].join('\n');
    const scripts = [...text.matchAll(/\bnpm (?:run (?:-s )?([a-z:]+)|(test)\b)/g)].map(([, run, test]) => run ?? test);
    expect([...new Set(scripts)].sort()).toEqual(Object.keys(manifest.scripts).sort());
  });

  test('lists the commands in the order of package.json', () => {
    const commands = column(table(readme, 'commands'), 0).map(
      (cell) => code(cell).match(/^npm (?:run )?([a-z:]+)/)?.[1],
    );
    expect(commands).toEqual(Object.keys(manifest.scripts));
  });

  test('lists the outputs of index.ts, in its order', () => {
    const exported = [...read('index.ts').matchAll(/^export const (\w+)/gm)].map(([, name]) => name);
    expect(exported).not.toHaveLength(0);
    expect(column(table(readme, 'outputs'), 0).map(code)).toEqual(exported);
  });

  test('lists the topics of AIPI, and what the default accounts and roles may do there', () => {
    const { header, rows } = table(readme, 'topics');
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

test('README.md describes each key in the words of Pulumi.yaml', () => {
  expect(column(table(english, 'keys'), 3)).toEqual(keys.map(([, key]) => key.description));
});

test('README.zh-CN.md translates each description', () => {
  const [, chinese] = readmes;
  if (chinese === undefined) throw new Error('there is no Chinese README');
  const descriptions = column(table(chinese, 'keys'), 3);
  expect(descriptions.filter((text) => !/\p{Script=Han}/u.test(text) || codeSpans(text).length > 0)).toEqual([]);
});
