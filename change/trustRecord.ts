/** What the files of a broker say of whom devices trust, and of whose certificates it accepts. */

import { fingerprintOf } from '../certificates/facts';
import { certificatesOf } from '../certificates/pem';
import type { Trust } from '../certificates/trust';
import { type BrokerFiles, clientFileNames, fileNames } from '../mosquitto/files';

/** The first authority is that of the signer. */
export function trustIn(files: BrokerFiles): Trust {
  const trusted = fingerprints(files[fileNames.certificateAuthority]);
  return { signer: trusted[0] ?? null, trusted, clients: fingerprints(files[clientFileNames('devices').authorities]) };
}

function fingerprints(pem = ''): string[] {
  return certificatesOf(pem).map(fingerprintOf);
}
