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

/**
 * The running broker, where it has the volume: while the engine starts a rehearsal it shows nothing of that.
 *
 * @param rehearsal has the volume in any case
 */
export async function viewOf(volume: string, broker: Docker.Container, rehearsal: Docker.Container): Promise<View> {
  const info = await inspect(broker);
  const mount = info?.Mounts.find(({ Destination }) => Destination === configurationMount);
  const isRunning = info !== undefined && stateOf(info) === 'running';
  return isRunning && mount?.Type === 'volume' && mount.Name === volume
    ? { container: broker, place: deployedPlace }
    : { container: rehearsal, place: stage };
}
