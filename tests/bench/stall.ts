/** Section `stall`: for how long a broker answers nobody while it reads its files again. */

import { setTimeout as sleep } from 'node:timers/promises';
import { say } from '../../setup/progress';
import { settingsOf } from '../unit/rawConfig';
import { BrokerContainer } from './brokerContainer';
import { cleanUp } from './cleanup';
import { type Figure, median } from './figure';
import { type Options, sized } from './options';
import { counting } from './population';
import { ProductFiles, roundsOf } from './productFiles';
import { connectAll, type Place, RawClient } from './rawClient';

const section = 'stall';
const users = 10_000;
const connected = 5_000;
const mostSeconds = 0.35;
const comparedRounds = [1, 101];
const intervalMilliseconds = 2;
const watchedMilliseconds = 3_000;
/** Less than the broker accepts unacknowledged: more of them would be an error of the client. */
const mostInFlight = 16;

/** Seconds that the slowest acknowledgement took, and clients that were disconnected. */
interface Run {
  quiet: number;
  reload: number;
  disconnects: number;
}

export async function stall(options: Options): Promise<Figure[]> {
  const settings = settingsOf();
  const product = new ProductFiles(settings);
  const devices = counting(sized(users, options) + 1);
  const [after, before] = [product.of(devices), product.of(devices.slice(0, -1))];
  const figures: Figure[] = [];
  for (const rounds of new Set([roundsOf(before), ...comparedRounds])) {
    const isOwn = rounds === roundsOf(before);
    const folders = isOwn
      ? { before, after }
      : { before: product.rehashed(before, devices, rounds), after: product.rehashed(after, devices, rounds) };
    const broker = await BrokerContainer.start(settings, folders);
    const { port = 0 } = settings.listeners.find(({ clients }) => clients === 'devices') ?? {};
    const place = { host: await broker.host(), port };
    const logins = devices.slice(0, sized(connected, options)).map((device) => product.login(device));
    const runs: Run[] = [];
    for (let each = 0; each < options.runs; each += 1) {
      runs.push(await measure(broker, place, logins, each % 2 === 0 ? 'after' : 'before'));
      say(`run ${each + 1}, ${rounds} rounds: ${JSON.stringify(runs.at(-1))}`);
    }
    figures.push(...figuresOf(rounds, isOwn, runs));
    await cleanUp();
  }
  return figures;
}

function figuresOf(rounds: number, isOwn: boolean, runs: readonly Run[]): Figure[] {
  const words = `${rounds} PBKDF2 round${rounds === 1 ? '' : 's'}${isOwn ? ' (the product)' : ''}`;
  const seconds = (name: string, of: (run: Run) => number, must: Figure['must']): Figure => ({
    section,
    name: `${words}: ${name}`,
    value: median(runs.map(of)),
    unit: 'seconds',
    must,
  });
  const disconnects = runs.reduce((sum, run) => sum + run.disconnects, 0);
  return [
    seconds('longest wait at a reload', ({ reload }) => reload, isOwn ? { most: mostSeconds } : null),
    seconds('longest wait without a reload', ({ quiet }) => quiet, null),
    { section, name: `${words}: disconnects`, value: disconnects, unit: '', must: { most: 0 } },
  ];
}

async function measure(
  broker: BrokerContainer,
  place: Place,
  [first, ...logins]: ReturnType<ProductFiles['login']>[],
  folder: string,
): Promise<Run> {
  if (first === undefined) throw new Error('there are no devices');
  let disconnects = 0;
  const clients = await connectAll(place, logins, 50);
  const publisher = await RawClient.connect(place, first);
  for (const client of [...clients, publisher]) {
    client.onLost = () => {
      disconnects += 1;
    };
  }
  const topic = `device/${first.clientId}/data`;
  const quiet = await longestWait(publisher, topic, () => sleep(watchedMilliseconds));
  const reload = await longestWait(publisher, topic, async () => {
    await broker.take(folder);
    await sleep(watchedMilliseconds);
  });
  for (const client of [...clients, publisher]) client.end();
  return { quiet: quiet / 1000, reload: reload / 1000, disconnects };
}

/** Publishes while something is done; returns how many milliseconds the slowest acknowledgement took. */
async function longestWait(publisher: RawClient, topic: string, work: () => Promise<unknown>): Promise<number> {
  let longest = 0;
  const flying = new Set<Promise<void>>();
  const timer = setInterval(() => {
    if (publisher.inFlight >= mostInFlight) return;
    const started = performance.now();
    // A connection that ends is counted as a disconnect.
    const answer = publisher.publish(topic, 'x').then(
      () => {
        longest = Math.max(longest, performance.now() - started);
        flying.delete(answer);
      },
      () => {},
    );
    flying.add(answer);
  }, intervalMilliseconds);
  try {
    await work();
  } finally {
    clearInterval(timer);
  }
  await Promise.all(flying);
  return longest;
}
