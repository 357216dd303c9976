/** Whether clients will accept the certificate of a rehearsed broker: before it is delivered, by a real handshake. */

import { connect as connectTls } from 'node:tls';
import type { CheckResult } from '../mosquitto/result';
import type { Target } from '../mosquitto/verificationPlan';
import { bridge } from './bridge';
import type { BrokerHandle } from './broker';
import { check } from './checks/check';
import { rootsAlone } from './checks/serverCertificate';
import { identity, isTls, patience } from './client';

/** One handshake for each name that clients use, on the first listener with TLS: all of them have the same certificate. */
export async function proveHandshakes(rehearsed: BrokerHandle): Promise<CheckResult[]> {
  const { targets, serverNames } = rehearsed.plan;
  const target = targets.find(isTls);
  if (target === undefined) return [];
  const [first = ''] = serverNames;
  return Promise.all([
    ...serverNames.map((name) =>
      check(`rehearsal: clients accept the certificate for ${name}`, () => handshake(rehearsed, target, name)),
    ),
    ...rootsAlone(rehearsed.plan).map((root) =>
      check(`rehearsal: who trusts ${root.name} alone accepts the certificate`, () =>
        handshake(rehearsed, target, first, root.pem),
      ),
    ),
  ]);
}

async function handshake(
  { container, plan }: BrokerHandle,
  target: Target,
  name: string,
  ca = plan.certificateAuthority,
): Promise<string> {
  const stream = await bridge(container, plan, target);
  const socket = connectTls({ socket: stream, ca, ...identity(name) });
  // It may end in more errors than the one that is waited for.
  socket.on('error', () => {});
  try {
    await new Promise<void>((resolve, reject) => {
      socket.once('secureConnect', resolve).once('error', reject);
      socket.setTimeout(patience, () => reject(new Error('timeout')));
    });
    return `${socket.getProtocol()}`;
  } finally {
    socket.destroy();
  }
}
