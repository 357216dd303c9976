/** Numbers, times and names as a reader of the page sees them. */

import { shown } from '../../watching/shown';
import { type Language, languageTags } from './words';

export function count(language: Language, value: number): string {
  return new Intl.NumberFormat(languageTags[language]).format(value);
}

/** With as many digits as help. */
export function amount(language: Language, value: number): string {
  const digits = Math.abs(value) >= 100 || Number.isInteger(value) ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return new Intl.NumberFormat(languageTags[language], { maximumFractionDigits: digits }).format(value);
}

export function percent(language: Language, share: number): string {
  const digits = share > 0 && share < 0.095 ? 1 : 0;
  return new Intl.NumberFormat(languageTags[language], { style: 'percent', maximumFractionDigits: digits }).format(
    share,
  );
}

const steps = ['B', 'KiB', 'MiB', 'GiB', 'TiB'] as const;

/** Of memory and disks. */
export function bytes(language: Language, value: number): string {
  const at = Math.min(steps.length - 1, Math.max(0, Math.floor(Math.log2(Math.max(1, value)) / 10)));
  return `${amount(language, value / 2 ** (10 * at))} ${steps[at]}`;
}

/** Of what goes over a network. */
export function traffic(language: Language, value: number): string {
  const names = ['B', 'kB', 'MB', 'GB'];
  const at = Math.min(names.length - 1, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${amount(language, value / 1_000 ** at)} ${names[at]}`;
}

/** A day and a time of it; of today the time alone, and of this year without the year. */
export function moment(language: Language, time: string, now = new Date()): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return shown(time);
  const isToday = date.toDateString() === now.toDateString();
  const isThisYear = date.getFullYear() === now.getFullYear();
  const day = { month: 'short', day: 'numeric', ...(isThisYear ? {} : { year: 'numeric' as const }) } as const;
  return new Intl.DateTimeFormat(languageTags[language], {
    ...(isToday ? {} : day),
    hour: '2-digit',
    minute: '2-digit',
    hourCycle: 'h23',
  }).format(date);
}

export function day(language: Language, time: string): string {
  const date = new Date(time);
  if (Number.isNaN(date.getTime())) return shown(time);
  return new Intl.DateTimeFormat(languageTags[language], { year: 'numeric', month: 'short', day: 'numeric' }).format(
    date,
  );
}

export function clock(language: Language, date: Date, withSeconds = false): string {
  return new Intl.DateTimeFormat(languageTags[language], {
    hour: '2-digit',
    minute: '2-digit',
    ...(withSeconds && { second: '2-digit' }),
    hourCycle: 'h23',
  }).format(date);
}

const units = [
  { unit: 'day', seconds: 86_400 },
  { unit: 'hour', seconds: 3_600 },
  { unit: 'minute', seconds: 60 },
  { unit: 'second', seconds: 1 },
] as const;

/** The largest unit that fits, whole. */
export function duration(language: Language, seconds: number): string {
  const { unit, seconds: each } = units.find((one) => seconds >= one.seconds) ?? units[3];
  return new Intl.NumberFormat(languageTags[language], { style: 'unit', unit, unitDisplay: 'long' }).format(
    Math.max(0, Math.floor(seconds / each)),
  );
}

/** Name of the time zone of the reader, and how far it is from UTC. */
export function zone(language: Language, date = new Date()): string {
  const { timeZone } = Intl.DateTimeFormat().resolvedOptions();
  const parts = new Intl.DateTimeFormat(languageTags[language], { timeZoneName: 'shortOffset' }).formatToParts(date);
  const offset = parts.find(({ type }) => type === 'timeZoneName')?.value;
  return offset === undefined || offset === timeZone ? timeZone : `${timeZone} (${offset})`;
}

export function milliseconds(language: Language, value: number): string {
  return `${amount(language, value)} ms`;
}
