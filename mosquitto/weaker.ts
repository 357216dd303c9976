/** What a release of Mosquitto keeps less well than the official image: words for people. Each was seen with that release. */

import type { ConfigurationModel } from './configuration';
import { areApart } from './logins';
import { snapshotSeconds } from './persistence';
import { imageRelease } from './release';

/** A sentence for each; none for the image. */
export function weakerWords({ release = imageRelease, listeners, limits, persistence }: ConfigurationModel): string[] {
  const name = `Mosquitto ${release.version}`;
  const overWebSockets = listeners.filter(({ protocol }) => protocol === 'websockets');
  const words: Array<[isSo: boolean, sentence: string]> = [
    [
      !release.hasSqlite && persistence.persistence,
      `${name} writes what it keeps to the disk each ${snapshotSeconds(persistence)} s: a crash or a power cut loses ` +
        'what came since, acknowledged messages among it',
    ],
    [
      release.forgetsAbsent && areApart(listeners),
      `${name} forgets messages for clients that are away, and last wills with a delay, where accounts and devices have ` +
        'listeners of their own; 2.0.12 to 2.0.22 do, and no other',
    ],
    [
      !release.hasTotalLimit && release.countsLeaving,
      `${name} takes maxConnections (${limits.maxConnections}) for each address of a listener by itself` +
        `${overWebSockets.length > 0 ? ', and not for WebSockets' : ''}; over all, the limit of open files holds`,
    ],
    [
      !release.countsLeaving,
      `${name} forgets maxConnections (${limits.maxConnections}) once clients have left; the limit of open files holds`,
    ],
    [
      !release.boundsKeepalive && limits.maxKeepaliveSeconds > 0,
      `${name} holds maxKeepaliveSeconds (${limits.maxKeepaliveSeconds}) for MQTT 5 alone; MQTT 3.1.1 may ask for any`,
    ],
    [
      !release.hasPlugins && overWebSockets.some(({ tls }) => tls),
      `${name} leaves the least version of TLS over WebSockets to OpenSSL; Debian and Ubuntu set it to 1.2`,
    ],
  ];
  return words.filter(([isSo]) => isSo).map(([, sentence]) => sentence);
}
