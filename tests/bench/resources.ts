/**
 * Section `resources`: a device as a line of data, against a device as a resource. The trivial program makes one
 * password for each device and deploys nothing; the product brings the devices to a running broker and proves it.
 */

import { say } from '../../setup/progress';
import { Deployment } from './deployment';
import type { Figure } from './figure';
import { type Options, sized } from './options';
import { counting } from './population';
import { TrivialProject } from './trivialProject';

const section = 'resources';
const leastTimesFaster = 20;
const first = 10;

/** A thousand resources take minutes, so there is one run, whatever was asked for. */
export async function resources(options: Options): Promise<Figure[]> {
  const count = sized(1_000, options);
  const deployment = await Deployment.make();
  deployment.list(counting(first));
  await deployment.up();
  deployment.list(counting(first + count));
  const product = { create: (await deployment.up()).total, preview: await deployment.preview(), add: 0 };
  deployment.list(counting(first + count + 1));
  product.add = (await deployment.up()).total;
  say(`product: ${inSeconds(product)}`);

  const trivial = await TrivialProject.make(passwords(count));
  const each = { create: await trivial.up(), preview: await trivial.preview(), add: 0 };
  trivial.write(passwords(count + 1));
  each.add = await trivial.up();
  say(`one resource for each device: ${inSeconds(each)}`);

  const steps = [
    ['create', `${count} devices added at once`],
    ['preview', 'preview without a change'],
    ['add', 'one more device'],
  ] as const;
  return steps.flatMap(([step, words]): Figure[] => [
    {
      section,
      name: `${words}: times faster (one run)`,
      value: each[step] / product[step],
      unit: 'times',
      must: step === 'create' ? { least: leastTimesFaster } : null,
    },
    { section, name: `${words}: product`, value: product[step] / 1000, unit: 'seconds', must: null },
    { section, name: `${words}: as resources`, value: each[step] / 1000, unit: 'seconds', must: null },
  ]);
}

function passwords(count: number): string[] {
  return [
    "const random = require('@pulumi/random');",
    `for (let each = 1; each <= ${count}; each += 1) {`,
    "  new random.RandomPassword('pi-' + String(each).padStart(6, '0'), { length: 43, special: false });",
    '}',
  ];
}

function inSeconds(steps: Record<string, number>): string {
  return Object.entries(steps)
    .map(([name, milliseconds]) => `${name} ${(milliseconds / 1000).toFixed(1)} s`)
    .join(', ');
}
