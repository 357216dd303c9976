/** Where the names lead that clients use. */

import { lookup } from 'node:dns/promises';
import { connect } from 'node:tls';
import { fingerprintOf } from '../../certificates/facts';
import type { NameSeen } from '../../doctor/listeners';
import type { Target } from '../../mosquitto/verificationPlan';
import { isTls, patience } from '../client';
import { cause } from '../connectionErrors';

/**
 * Looks names up as this machine does. Where a listener with TLS is for other machines, what answers there under the name is
 * compared with what was deployed: an address may be that of a router.
 *
 * @param deployed fingerprint of the certificate; null where it is not known
 */
export function namesSeen(
  names: readonly string[],
  targets: readonly Target[],
  deployed: string | null,
): Promise<NameSeen[]> {
  const entrance = targets.find((target) => isTls(target) && !target.loopback);
  return Promise.all(
    names.map(async (name): Promise<NameSeen> => {
      const found = await lookup(name, { all: true }).catch(() => []);
      const addresses = found.map(({ address }) => address);
      const isAsked = addresses.length > 0 && entrance !== undefined && deployed !== null;
      return { name, addresses, stranger: isAsked ? await strangerAt(name, entrance.port, deployed) : undefined };
    }),
  );
}

/** What answers under a name, in words; undefined where it is the deployed broker. */
function strangerAt(name: string, port: number, deployed: string): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host: name, port, servername: name, rejectUnauthorized: false }, () => {
      const shown = socket.getPeerX509Certificate();
      const isOwn = shown !== undefined && fingerprintOf(shown) === deployed;
      end(isOwn ? undefined : `port ${port} shows another certificate`);
    });
    const end = (words: string | undefined) => {
      socket.destroy();
      resolve(words);
    };
    socket.setTimeout(patience, () => end(`port ${port} does not answer`));
    socket.on('error', (error) => end(`port ${port}: ${cause(error)}`));
  });
}
