/**
 * What a text without quotes is in YAML.
 *
 * Source: `resolve` in resolve.go of yaml.v3, which the engine reads with; YAML 1.2.2, 10.3; seen with Pulumi 3.259.0,
 * for which 010000 is 4096, 0o17 is 15, 1_000 is 1000, 1.10 is 1.1, and 2024-01-05 the text of a moment.
 */

export type ScalarReading =
  | { kind: 'text' }
  | { kind: 'nothing' }
  | { kind: 'value'; value: number | boolean }
  /** @property says what is wrong, and what to write */
  | { kind: 'ambiguous'; says: string };

const words: Readonly<Record<string, boolean>> = {
  true: true,
  True: true,
  TRUE: true,
  false: false,
  False: false,
  FALSE: false,
};

const inQuotes = 'or put it in quotes where a text is meant';

/** What readers differ in. Underscores between digits are taken out by some, the engine's among them. */
const forms: readonly [RegExp, string][] = [
  [
    /^[-+]?(0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|0\d+)$|^\+\d+$|^-0$/,
    `is not the same number to every reader; write decimal digits without a zero before them, ${inQuotes}`,
  ],
  [/^[-+]?\d+$/, 'is too large for a number; put it in quotes'],
  [/^[-+]?(\.\d+|\d+(\.\d*)?)([eE][-+]?\d+)?$/, `is a fraction or a power; write a whole number, ${inQuotes}`],
  [/^([-+]?\.(inf|Inf|INF)|\.(nan|NaN|NAN))$/, `is no number that can be used; write a whole one, ${inQuotes}`],
  [
    /^\d{4}-\d{1,2}-\d{1,2}(([Tt]|\s+)\d{1,2}:\d{1,2}:\d{1,2}(\.\d*)?(\s*(Z|[-+]\d{1,2}(:?\d{2})?))?)?$/,
    'is a date to some readers; put it in quotes',
  ],
];

/** Whether the engine writes a text without quotes otherwise than it stands there. */
export function isRewritten(source: string): boolean {
  const reading = scalar(source);
  return reading.kind === 'ambiguous' || (reading.kind === 'value' && String(reading.value) !== source);
}

export function scalar(source: string): ScalarReading {
  if (['', '~', 'null', 'Null', 'NULL'].includes(source)) return { kind: 'nothing' };
  const word = Object.hasOwn(words, source) ? words[source] : undefined;
  if (word !== undefined) return { kind: 'value', value: word };
  if (/^(0|-?[1-9]\d*)$/.test(source) && Number.isSafeInteger(Number(source))) {
    return { kind: 'value', value: Number(source) };
  }
  const isNumeric = /^[-+.\d]/.test(source);
  const bare = isNumeric ? source.replaceAll('_', '') : source;
  if (bare !== source && forms.some(([form]) => form.test(bare))) {
    return { kind: 'ambiguous', says: `is a number to some readers; write digits alone, ${inQuotes}` };
  }
  const form = forms.find(([each]) => each.test(bare));
  return form === undefined ? { kind: 'text' } : { kind: 'ambiguous', says: form[1] };
}
