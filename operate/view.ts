/** What a delivery sees before it decides, and through which container. */

import type Docker from 'dockerode';
import type { ClockMark } from '../certificates/clock';
import { configurationMount } from '../mosquitto/files';
import { clockMark } from './clock';
import { type DeployedFiles, deployedFiles, deployedPlace } from './deployed';
import { inspect, stateOf } from './docker';
import { stage } from './rehearsal';

export interface View {
  container: Docker.Container;
  /** Where it sees the deployed folders. */
  place: string;
}

/** A view that is looked at. */
export interface Seen extends View {
  deployed: Promise<DeployedFiles>;
  /** How long the running broker has run. */
  clock: Promise<ClockMark | undefined>;
}

/** Begins to look; the answers come while something else is done. */
export function look(view: View, broker: Docker.Container): Seen {
  const seen = { ...view, deployed: deployedFiles(view.container, view.place), clock: clockMark(broker) };
  // They may fail before anybody waits for them.
  for (const answer of [seen.deployed, seen.clock]) answer.catch(() => {});
  return seen;
}

/** What a rehearsal shows, as long as the engine does not start it. */
export function rehearsalView(rehearsal: Docker.Container): View {
  return { container: rehearsal, place: stage };
}

/** What the broker shows; undefined where it does not run, or has another volume. */
export async function brokerView(broker: Docker.Container, volume: string): Promise<View | undefined> {
  const info = await inspect(broker);
  const mount = info?.Mounts.find(({ Destination }) => Destination === configurationMount);
  const isRunning = info !== undefined && stateOf(info) === 'running';
  const isSame = mount?.Type === 'volume' && mount.Name === volume;
  return isRunning && isSame ? { container: broker, place: deployedPlace } : undefined;
}
