/** Every file of the broker, from what is known of it. */

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { renderAcl, type UserAcl } from './acl';
import type { OptionLine } from './configKey';
import { type ConfigurationModel, renderConfiguration } from './configuration';
import { type BrokerFiles, fileNames } from './files';
import { type Credential, renderPasswords } from './passwords';
import { restartLines } from './reload';

/** A user with everything the broker must know of it. */
export type User = Credential & UserAcl;

/**
 * The files of a broker.
 *
 * @param certificates certificate files where a listener speaks TLS, else none
 */
export function renderFiles(
  configuration: ConfigurationModel,
  users: readonly User[],
  certificates: BrokerFiles = {},
): BrokerFiles {
  return {
    ...certificates,
    [fileNames.configuration]: renderConfiguration(configuration),
    [fileNames.passwords]: renderPasswords(users),
    [fileNames.acl]: renderAcl(users),
  };
}

/**
 * What earlier versions wrote without asking for a restart: they thought that a signal applied it. A change of a default
 * needs no change here.
 */
const once: readonly OptionLine[] = [
  { option: 'max_packet_size', value: '2000000' },
  { option: 'max_queued_messages', value: '50000' },
  { option: 'max_inflight_messages', value: '20' },
  { option: 'max_keepalive', value: '600' },
  { option: 'memory_limit', value: '536870912' },
  { option: 'set_tcp_nodelay', value: 'true' },
];

/**
 * A short text that changes exactly when the configuration changes in a way that only a restart applies. These lines of
 * earlier versions are left out of it, so that a broker of theirs is taken over as it runs.
 */
export function restartDigest(configuration: ConfigurationModel): string {
  const lines = restartLines(renderConfiguration(configuration), configuration.release).filter(
    (line) => !once.some((each) => isDeepStrictEqual(each, line)),
  );
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex').slice(0, 16);
}
