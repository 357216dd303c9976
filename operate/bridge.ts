/** A connection to a port inside a container that no network reaches, carried by the Docker API. */

import { Duplex, PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import type { ClientKind } from '../mosquitto/listeners';
import type { VerificationPlan } from '../mosquitto/plan';
import { type Dial, streamDial } from './client';
import { runThere } from './shells';

/**
 * Opens a connection to a port of the container itself. It works for a container without network, and beside every
 * firewall, because it runs `nc` inside the container.
 */
export async function bridge(container: Docker.Container, port: number): Promise<Duplex> {
  const command = ['nc', '127.0.0.1', String(port)];
  return (await runThere(container, command)) ?? (await commandOf(container, command));
}

async function commandOf(container: Docker.Container, command: string[]): Promise<Duplex> {
  const exec = await container.exec({
    Cmd: command,
    AttachStdin: true,
    AttachStdout: true,
    AttachStderr: true,
  });
  const socket = await exec.start({ hijack: true, stdin: true });
  const received = new PassThrough();
  container.modem.demuxStream(socket, received, new PassThrough().resume());
  // One that is given up in the middle of a handshake ends without an error: there, nobody would be left to hear it.
  const duplex = new Duplex({
    read: () => received.resume(),
    write: (chunk, encoding, done) => socket.write(chunk, encoding, () => done()),
    final: (done) => socket.end(done),
    destroy: (_, done) => {
      socket.destroy();
      done(null);
    },
  });
  received.on('data', (chunk) => {
    if (!duplex.push(chunk)) received.pause();
  });
  received.once('end', () => duplex.push(null));
  // The other side may be gone at any moment; the MQTT client notices by the end of the stream.
  socket.once('end', () => received.end()).on('error', () => duplex.destroy());
  return duplex;
}

/** MQTT connections through the bridge, to the first listener of the kind that speaks MQTT without WebSockets. */
export function bridgeDial(container: Docker.Container, plan: VerificationPlan, kind: ClientKind = 'accounts'): Dial {
  const target = plan.targets.find(({ scheme, clients }) => /^mqtts?$/.test(scheme) && clients === kind);
  if (target === undefined) throw new Error(`the broker has no listener for ${kind} with protocol mqtt; add one`);
  return streamDial(() => bridge(container, target.port), target, plan);
}
