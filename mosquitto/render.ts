/** Every file of the broker, from what is known of it. */

import { createHash } from 'node:crypto';
import { isDeepStrictEqual } from 'node:util';
import { renderAcl, type UserAcl } from './acl';
import { defaultsOf, optionLines } from './configKey';
import { type ConfigurationModel, renderConfiguration } from './configuration';
import { type BrokerFiles, fileNames } from './files';
import { limitKeys } from './limits';
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
 * A short text that changes exactly when the configuration changes in a way that only a restart applies.
 *
 * Earlier versions thought that a signal applied the limits, and left them out: those that have their usual value are left
 * out still, so that a broker of theirs is taken over as it runs.
 */
export function restartDigest(configuration: ConfigurationModel): string {
  const { maxConnections: _, ...limits } = limitKeys;
  const usual = [...optionLines(limits, defaultsOf(limits)), { option: 'set_tcp_nodelay', value: 'true' }];
  const lines = restartLines(renderConfiguration(configuration)).filter(
    (line) => !usual.some((each) => isDeepStrictEqual(each, line)),
  );
  return createHash('sha256').update(JSON.stringify(lines)).digest('hex').slice(0, 16);
}
