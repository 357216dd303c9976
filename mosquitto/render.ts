/** Every file of the broker, from what is known of it. */

import { createHash } from 'node:crypto';
import { renderAcl, type UserAcl } from './acl';
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

/** A short text that changes exactly when the configuration changes in a way that only a restart applies. */
export function restartDigest(configuration: ConfigurationModel): string {
  const lines = restartLines(renderConfiguration(configuration));
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex').slice(0, 16);
}
