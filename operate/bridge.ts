/** A connection to a port inside a container that no network reaches, carried by the Docker API. */

import type { Duplex } from 'node:stream';
import type Docker from 'dockerode';
import type { ClientKind } from '../mosquitto/listeners';
import { isService } from '../mosquitto/serviceAddress';
import type { Target, VerificationPlan } from '../mosquitto/verificationPlan';
import { type Dial, streamDial } from './client';
import { Shell } from './shell';
import { runThere } from './shells';

/**
 * Opens a connection to a port of the container itself. It works for a container without network, and beside every
 * firewall, because it runs `nc` inside the container.
 */
export async function bridge(
  container: Docker.Container,
  { dockerHost }: Pick<VerificationPlan, 'dockerHost'>,
  { address, port }: Pick<Target, 'address' | 'port'>,
): Promise<Duplex> {
  // In a container every listener has all addresses.
  const command = ['nc', isService(dockerHost ?? '') ? address : '127.0.0.1', String(port)];
  return (await runThere(container, command)) ?? (await Shell.open(container)).run(command);
}

/** MQTT connections through the bridge, to the first listener of the kind that speaks MQTT without WebSockets. */
export function bridgeDial(container: Docker.Container, plan: VerificationPlan, kind: ClientKind = 'accounts'): Dial {
  const target = plan.targets.find(({ scheme, clients }) => /^mqtts?$/.test(scheme) && clients === kind);
  if (target === undefined) throw new Error(`the broker has no listener for ${kind} with protocol mqtt; add one`);
  return streamDial(() => bridge(container, plan, target), target, plan);
}
