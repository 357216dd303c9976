/** A minute as a second: rules and an exporter in which every duration is a sixtieth. */

import { parse, stringify } from 'yaml';

const seconds: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** Parts of the exporter that wait for minutes, or look back on them. */
export const programsWithMinutes = [
  'exporter/certificate.ts',
  'exporter/main.ts',
  'exporter/status.ts',
  'watching/tally.ts',
] as const;

/** A rule file, hurried: how long an alert must last, and how far its expression looks back. */
export function hurriedRules(file: string): string {
  const { groups } = parse(file) as { groups: Array<{ rules: Array<{ expr: string; for: string }> }> };
  for (const rule of groups.flatMap(({ rules }) => rules)) {
    rule.for = hurriedDuration(rule.for);
    rule.expr = rule.expr
      .replace(/\[(\w+)\]/g, (_, duration) => `[${hurriedDuration(duration)}]`)
      .replace(/\boffset (\w+)/g, (_, duration) => `offset ${hurriedDuration(duration)}`);
  }
  return stringify({ groups }, { lineWidth: 0 });
}

/** @throws Error for what is no duration of one unit */
function hurriedDuration(duration: string): string {
  const [, count, unit = ''] = duration.match(/^(\d+)([smhd])$/) ?? [];
  const each = seconds[unit];
  if (each === undefined) throw new Error(`${duration} is no duration of one unit`);
  return `${Math.round((Number(count) * each * 1_000) / 60)}ms`;
}

/** @throws Error for a program without a minute in milliseconds */
export function hurriedProgram(text: string): string {
  if (!text.includes('60_000')) throw new Error('there is no minute in it');
  return text.replaceAll('60_000', '1_000');
}
