/** One measured number, and what it must be. */

import { columns } from '../../commands/table';

export interface Figure {
  section: string;
  name: string;
  value: number;
  unit: Unit;
  /** Null where the number only informs. */
  must: Bound | null;
}

export type Unit = 'times' | 'seconds' | 'bytes' | '';

export type Bound = { most: number } | { least: number };

/** Whether a figure is what it must be; null where nothing is asked of it. */
export function isMet({ value, must }: Figure): boolean | null {
  if (must === null) return null;
  return 'most' in must ? value <= must.most : value >= must.least;
}

/** The middle one of several values, or what lies between the middle two. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const [lower = Number.NaN, upper = lower] = sorted.slice(Math.ceil(sorted.length / 2) - 1, sorted.length / 2 + 1);
  return sorted.length % 2 === 0 ? (lower + upper) / 2 : lower;
}

/** The figures as a table; in each section those that do not depend on the machine come first. */
export function table(figures: readonly Figure[]): string {
  const sections = [...new Set(figures.map(({ section }) => section))];
  const sorted = sections.flatMap((section) => {
    const own = figures.filter((figure) => figure.section === section);
    return [...own.filter(isPortable), ...own.filter((figure) => !isPortable(figure))];
  });
  const rows = [
    ['section', 'name', 'figure', 'must', 'ok'],
    ...sorted.map((figure) => [
      figure.section,
      figure.name,
      inWords(figure.value, figure.unit),
      mustInWords(figure),
      { true: 'yes', false: 'NO', null: '' }[String(isMet(figure))] ?? '',
    ]),
  ];
  return columns(rows);
}

function isPortable({ unit }: Figure): boolean {
  return unit !== 'seconds';
}

function mustInWords({ must, unit }: Figure): string {
  if (must === null) return '';
  return 'most' in must ? `<= ${inWords(must.most, unit)}` : `>= ${inWords(must.least, unit)}`;
}

function inWords(value: number, unit: Unit): string {
  if (unit === 'times') return `${value.toFixed(2)} x`;
  if (unit === 'seconds') return `${value.toFixed(3)} s`;
  return unit === 'bytes' ? `${value} bytes` : String(value);
}
