/** Section `add`: `pulumi up` that adds one device, by the size of the fleet. */

import { say } from '../../setup/progress';
import { Deployment, type Duration } from './deployment';
import { type Figure, median } from './figure';
import { type Options, sized } from './options';
import { counting } from './population';

const section = 'add';
/** How much longer it may take than in the smallest fleet. */
const most = new Map([
  [10_000, 1.3],
  [100_000, 3],
]);

interface Case {
  size: number;
  deployment: Deployment;
  durations: Duration[];
}

export async function addition(options: Options): Promise<Figure[]> {
  const cases: Case[] = [];
  for (const size of [10, ...most.keys()]) {
    const deployment = await Deployment.make();
    deployment.list(counting(sized(size, options)));
    await deployment.up();
    // The first delivery to a broker that runs finds out what the next ones know.
    deployment.list(counting(sized(size, options) + 1));
    await deployment.up();
    cases.push({ size, deployment, durations: [] });
  }
  for (let each = 0; each < options.runs; each += 1) {
    for (const { size, deployment, durations } of cases) {
      deployment.list(counting(sized(size, options) + 2 + each));
      const duration = await deployment.up();
      durations.push(duration);
      say(`run ${each + 1}, one more than ${sized(size, options)}: ${(duration.total / 1000).toFixed(2)} s`);
    }
  }
  const [base, ...others] = cases;
  return [...others.map((own) => ratio(own, base)), ...cases.flatMap(times)];
}

function ratio({ size, durations }: Case, base: Case | undefined): Figure {
  const ratios = durations.map(({ total }, index) => total / (base?.durations[index]?.total ?? Number.NaN));
  const must = { most: most.get(size) ?? Number.NaN };
  return { section, name: `one more device: ${size} over 10`, value: median(ratios), unit: 'times', must };
}

function times({ size, durations }: Case): Figure[] {
  const time = (name: string, of: (duration: Duration) => number): Figure => ({
    section,
    name: `one more than ${size}: ${name}`,
    value: median(durations.map(of)) / 1000,
    unit: 'seconds',
    must: null,
  });
  return [
    time('whole update', ({ total }) => total),
    time('delivery', ({ delivery }) => delivery),
    time('verification', ({ verification }) => verification),
    time('engine and program', ({ total, delivery, verification }) => total - delivery - verification),
  ];
}
