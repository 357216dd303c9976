/** A container through which what is deployed can be looked at. */

import type Docker from 'dockerode';
import { configurationMount } from '../mosquitto/files';
import { deployedPlace } from './deployed';
import { inspect, stateOf } from './docker';
import { stage } from './rehearsal';

export interface View {
  container: Docker.Container;
  /** Where it sees the deployed folders. */
  place: string;
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
