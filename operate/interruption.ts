/** How long clients were away when a broker was replaced. */

import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import type { DeliveryReport } from '../fleet/delivery';
import type { Interruption } from '../mosquitto/result';
import type { BrokerHandle } from './broker';
import { dockerEngine } from './docker';
import { ready } from './readiness';

/**
 * Waits for the broker, and says how long none was there; null where none has ended since the delivery.
 *
 * @throws Error when the broker does not come up at all
 */
export async function interruption(
  broker: BrokerHandle,
  { time, restart }: Pick<DeliveryReport, 'time' | 'restart'>,
): Promise<Interruption | null> {
  await ready(broker, broker.nearestDial());
  const now = Date.now();
  const ended = await firstEnd(dockerEngine(broker.plan.dockerHost), broker.name, time, now);
  return ended === undefined ? null : { milliseconds: Math.round(now - ended), because: restart };
}

/** When a container of this name first ended, in milliseconds: what ends later has never been proved. Docker remembers its last 256 events. */
async function firstEnd(docker: Docker, name: string, since: string, now: number): Promise<number | undefined> {
  const filters = JSON.stringify({ type: ['container'], container: [name], event: ['die'] });
  // The engine waits for an end that its own clock has not reached, and refuses one before the beginning.
  const { SystemTime } = (await docker.info()) as { SystemTime: string };
  const until = Math.min(now, Date.parse(SystemTime));
  if (until < Date.parse(since)) return undefined;
  const stream = await docker.getEvents({ since: Date.parse(since) / 1_000, until: until / 1_000, filters });
  const [first] = (await text(stream)).split('\n').filter((line) => line !== '');
  return first === undefined ? undefined : (JSON.parse(first) as { timeNano: number }).timeNano / 1e6;
}
