/** Whether clients will accept the certificate of a rehearsed broker: before it is delivered, by a real handshake. */

import { connect as connectTls } from 'node:tls';
import type Docker from 'dockerode';
import type { VerificationPlan } from '../mosquitto/plan';
import type { CheckResult } from '../mosquitto/result';
import { bridge } from './bridge';
import { check } from './checks/check';
import { identity, isTls, patience } from './client';

/** One handshake for each name that clients use, on the first listener with TLS: all of them have the same certificate. */
export async function proveHandshakes(rehearsed: Docker.Container, plan: VerificationPlan): Promise<CheckResult[]> {
  const target = plan.targets.find(isTls);
  if (target === undefined) return [];
  return Promise.all(
    plan.serverNames.map((name) =>
      check(`rehearsal: clients accept the certificate for ${name}`, () =>
        handshake(rehearsed, target.port, plan, name),
      ),
    ),
  );
}

async function handshake(
  rehearsed: Docker.Container,
  port: number,
  { certificateAuthority }: VerificationPlan,
  name: string,
): Promise<string> {
  const stream = await bridge(rehearsed, port);
  const socket = connectTls({ socket: stream, ca: certificateAuthority, ...identity(name) });
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
      socket.setTimeout(patience, () => reject(new Error('timeout')));
    });
    return `${socket.getProtocol()}`;
  } finally {
    socket.on('error', () => {}).destroy();
  }
}
