import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import {
  type ConfigKey,
  type ConfigKeys,
  changedLines,
  defaultsOf,
  optionLines,
  partOf,
} from '../../mosquitto/configKey';
import { extraOptionProblem } from '../../mosquitto/extraOptions';
import { limitKeys } from '../../mosquitto/limits';
import { listenerKeys } from '../../mosquitto/listeners';
import { loggingKeys } from '../../mosquitto/logging';
import { persistenceKeys } from '../../mosquitto/persistence';

const keys = {
  hours: {
    type: 'integer',
    option: 'seconds',
    default: 2,
    least: 1,
    greatest: 9,
    render: (hours) => String(hours * 3_600),
    description: 'Hours.',
  },
  messages: { type: 'integer', option: 'messages', default: 5, least: 1, greatest: 9, description: 'Messages.' },
  strict: { type: 'boolean', option: 'strict', default: false, description: 'Whether.' },
  speed: { type: 'string', option: 'speed', default: 'slow', words: ['slow', 'fast'], description: 'Speed.' },
  colours: { type: 'array', option: 'colour', default: ['red'], words: ['red', 'blue'], description: 'Colours.' },
} as const satisfies ConfigKeys;

const values = {
  hours: 3,
  messages: 5,
  strict: true,
  speed: 'fast' as const,
  colours: ['red' as const, 'blue' as const],
};

function words(lines: ReturnType<typeof optionLines>): string[] {
  return lines.map(({ option, value }) => `${option} ${value}`);
}

describe('optionLines', () => {
  it('writes each key in the unit of Mosquitto, in the order of the rows, and a line for each of several words', () => {
    expect(words(optionLines(keys, values))).toEqual([
      'seconds 10800',
      'messages 5',
      'strict true',
      'speed fast',
      'colour blue',
      'colour red',
    ]);
  });

  it('leaves the values as they are', () => {
    optionLines(keys, values);
    expect(values.colours).toEqual(['red', 'blue']);
  });
});

describe('changedLines', () => {
  it('writes what differs from the default', () => {
    expect(changedLines(keys, defaultsOf(keys))).toEqual([]);
    expect(words(changedLines(keys, { ...defaultsOf(keys), strict: true }))).toEqual(['strict true']);
    expect(words(changedLines(keys, { ...defaultsOf(keys), hours: 3 }))).toEqual(['seconds 10800']);
  });
});

describe('defaultsOf', () => {
  it('gives each key its own', () => {
    expect(defaultsOf(keys)).toEqual({ hours: 2, messages: 5, strict: false, speed: 'slow', colours: ['red'] });
  });
});

describe('partOf', () => {
  it('takes the keys of the table, and no other', () => {
    expect(partOf(keys, { ...values, secret: 's3cret' } as typeof values)).toEqual(values);
  });
});

const stackKeys: ConfigKeys = { ...limitKeys, ...persistenceKeys, ...loggingKeys };
const allKeys: ConfigKeys = { ...stackKeys, ...listenerKeys };

interface Declaration {
  type: string;
  items?: { type: string };
  description: string;
  default: unknown;
}

const declarations = (
  parse(readFileSync(join(__dirname, '../../Pulumi.yaml'), 'utf8')) as { config: Record<string, Declaration> }
).config;

describe.each(Object.entries(stackKeys))('%s', (name, key) => {
  it('is declared in Pulumi.yaml by its type, its default and its description', () => {
    expect(declarations[name]).toEqual({
      type: key.type,
      ...(key.type === 'array' && { items: { type: 'string' } }),
      description: key.description,
      default: key.default,
    });
  });
});

describe.each(Object.keys(listenerKeys))('%s', (name) => {
  it('is named in the description of the listeners', () => {
    expect(declarations.listeners?.description).toMatch(new RegExp(`\\b${name}\\b`));
  });
});

describe.each(Object.entries(allKeys))('%s', (_, key) => {
  it('has a default that it may hold', () => {
    expect(isAllowed(key)).toBe(true);
  });

  it('has an option that no raw line may write', () => {
    expect(extraOptionProblem(`${key.option} 1`)).toMatch(/^is (managed already|refused because .+); /);
  });
});

it('no two keys have the same option', () => {
  const options = Object.values(allKeys).map(({ option }) => option);
  expect([...new Set(options)]).toEqual(options);
});

function isAllowed(key: ConfigKey): boolean {
  switch (key.type) {
    case 'integer':
      return key.least <= key.default && key.default <= key.greatest;
    case 'boolean':
      return true;
    case 'string':
      return key.words.includes(key.default);
    case 'array':
      return key.default.every((word) => key.words.includes(word));
  }
}
