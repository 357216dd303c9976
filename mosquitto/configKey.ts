/** Config keys of a stack that each become one option of mosquitto.conf: one row a key, and all the rest derives from it. */

/** One line of mosquitto.conf: an option and its value. */
export interface OptionLine {
  option: string;
  value: string;
}

interface Row<Type extends string, Value> {
  /** As Pulumi.yaml names the type. */
  type: Type;
  /** The option of mosquitto.conf(5); whether a signal applies it is told by `isReloaded`. */
  option: string;
  /** As in Pulumi.yaml, which the engine reads. */
  default: Value;
  /** What a person gains by it, and its unit; as in Pulumi.yaml where the key stands there. */
  description: string;
}

/** A whole number. */
export interface IntegerKey extends Row<'integer', number> {
  least: number;
  greatest: number;
  /** What 0 means, where it may be written though it is below the range. Default: it may not. */
  zero?: string;
  /** Why the range ends where it does. Default none. */
  reason?: string;
  /** From the unit of the key to that of Mosquitto. Default: they are the same. */
  render?: (value: number) => string;
}

/** True or false. */
export type BooleanKey = Row<'boolean', boolean>;

/** One word of several. */
export interface WordKey extends Row<'string', string> {
  words: readonly string[];
}

/** Words of several; each becomes a line of its own. */
export interface WordsKey extends Row<'array', readonly string[]> {
  words: readonly string[];
}

export type ConfigKey = IntegerKey | BooleanKey | WordKey | WordsKey;

/** Name of a key to its row. */
export type ConfigKeys = Readonly<Record<string, ConfigKey>>;

/** What a key holds. */
export type ValueOf<Key> = Key extends { type: 'integer' }
  ? number
  : Key extends { type: 'boolean' }
    ? boolean
    : Key extends { type: 'string'; words: readonly (infer Word)[] }
      ? Word
      : Key extends { type: 'array'; words: readonly (infer Word)[] }
        ? Word[]
        : never;

/** What the keys hold, by name. */
export type ValuesOf<Keys extends ConfigKeys> = { -readonly [Name in keyof Keys]: ValueOf<Keys[Name]> };

/** The lines of the keys, in the order of their rows; words are sorted, so that the same words give the same lines. */
export function optionLines<Keys extends ConfigKeys>(keys: Keys, values: ValuesOf<Keys>): OptionLine[] {
  return Object.entries<ConfigKey>(keys).flatMap(([name, key]) =>
    texts(key, values[name] as ValueOf<ConfigKey>).map((value) => ({ option: key.option, value })),
  );
}

/** The lines of those keys alone that hold another value than their default. */
export function changedLines<Keys extends ConfigKeys>(keys: Keys, values: ValuesOf<Keys>): OptionLine[] {
  const usual = optionLines(keys, defaultsOf(keys)).map(({ option, value }) => `${option} ${value}`);
  return optionLines(keys, values).filter(({ option, value }) => !usual.includes(`${option} ${value}`));
}

/** The keys' own defaults. */
export function defaultsOf<Keys extends ConfigKeys>(keys: Keys): ValuesOf<Keys> {
  return Object.fromEntries(Object.entries(keys).map(([name, key]) => [name, key.default])) as ValuesOf<Keys>;
}

/** The values of these keys, and of no other. */
export function partOf<Keys extends ConfigKeys>(keys: Keys, config: ValuesOf<Keys>): ValuesOf<Keys> {
  return Object.fromEntries(Object.keys(keys).map((name) => [name, config[name]])) as ValuesOf<Keys>;
}

function texts(key: ConfigKey, value: ValueOf<ConfigKey>): string[] {
  if (Array.isArray(value)) return [...value].sort();
  return [key.type === 'integer' && key.render !== undefined ? key.render(Number(value)) : String(value)];
}
