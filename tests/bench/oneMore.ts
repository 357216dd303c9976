/** Section `delivery`: the program that brings one more device to a broker that runs, by itself. */

import type { Delivery } from '../../fleet/delivery';
import { fleetDigest } from '../../fleet/device';
import { say } from '../../setup/progress';
import { deliver } from './delivery';
import { Deployment } from './deployment';
import { type Figure, median } from './figure';
import { type Options, sized } from './options';
import { counting } from './population';

const section = 'delivery';
const devicesCount = 10_000;
const mostSeconds = 1;

export async function oneMore(options: Options): Promise<Figure[]> {
  const deployment = await Deployment.make();
  const size = sized(devicesCount, options);
  deployment.list(counting(size));
  await deployment.up();
  // The first delivery to a broker that runs finds out what the next ones know.
  deployment.list(counting(size + 1));
  await deployment.up();
  const { delivery } = (await deployment.outputs()) as { delivery: Delivery };
  const { fleet } = delivery;
  if (fleet === null) throw new Error('the stack has no fleet');
  const seconds: number[] = [];
  for (let each = 0; each < options.runs; each += 1) {
    const devices = counting(size + 2 + each);
    deployment.list(devices);
    const order = { ...delivery, fleet: { ...fleet, digest: fleetDigest(devices) } };
    const started = performance.now();
    await deliver(deployment.folder, order);
    seconds.push((performance.now() - started) / 1000);
    say(`run ${each + 1}: ${seconds.at(-1)?.toFixed(2)} s`);
  }
  const name = `one more device among ${size}`;
  return [{ section, name, value: median(seconds), unit: 'seconds', must: { most: mostSeconds } }];
}
