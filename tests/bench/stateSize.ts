/** Section `state`: what the stack remembers of a fleet. */

import { say } from '../../setup/progress';
import { Deployment } from './deployment';
import type { Figure } from './figure';
import { type Options, sized } from './options';
import { counting, random } from './population';

const section = 'state';
const sizes = [10, 1_000, 10_000, 100_000];
/** About the most random ids that the outputs of the stack still hold: the largest state of all. */
const askedFrom = 70_000;
const randomSizes = [10, 1_000, 10_000, askedFrom, 100_000];
const mostBytes = 1_000_000;

/** The state is the same in each run, so one is enough. */
export async function stateSize(options: Options): Promise<Figure[]> {
  const deployment = await Deployment.make();
  const figures: Figure[] = [];
  const counts: number[] = [];
  const [counted, drawn] = [counting(Math.max(...sizes)), random(Math.max(...randomSizes))];
  const cases = [
    ...sizes.map((full) => ({ full, kind: 'ids that count', devices: counted })),
    ...randomSizes.map((full) => ({ full, kind: 'random ids', devices: drawn })),
  ];
  // Each fleet of a kind is the beginning of the next: a revoked id may not come back.
  for (const { full, kind, devices } of cases) {
    const size = sized(full, options);
    deployment.list(devices.slice(0, size));
    await deployment.up();
    const text = deployment.state();
    const { length } = JSON.parse(text).checkpoint.latest.resources as unknown[];
    const name = `${size} devices, ${kind}`;
    const must = full >= askedFrom ? { most: mostBytes } : null;
    const bytes = Buffer.byteLength(text);
    say(`${name}: ${length} resources, ${bytes} bytes`);
    figures.push({ section, name: `size: ${name}`, value: bytes, unit: 'bytes', must });
    counts.push(length);
  }
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  return [
    { section, name: 'resources', value: most, unit: '', must: null },
    { section, name: 'resources, most over least', value: most / least, unit: 'times', must: { most: 1 } },
    ...figures,
  ];
}
