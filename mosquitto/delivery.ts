/** What a delivery of files is told and what it answers, as data. */

import type { BrokerFiles } from './files';
import type { CheckResult, VerificationPlan } from './plan';

/** Input of a delivery. It holds secrets, so it travels by standard input only. */
export interface Delivery {
  /** Id of the image that the files are rehearsed in. */
  image: string;
  /** Volume that the files go to. */
  volume: string;
  /** Digest of what only a restart applies. */
  restartDigest: string;
  files: BrokerFiles;
  plan: VerificationPlan;
}

/** Label of the broker's container with the digest of what only a restart applies. */
export const restartDigestLabel = 'aipi-mqtt.restart-digest';

/** Answer of a delivery. */
export interface DeliveryReport {
  /** `placed`: the files wait for a broker that starts next. `reloaded`: a running broker took them over. */
  action: 'placed' | 'reloaded';
  /** What the rehearsal proved. */
  rehearsal: CheckResult[];
}
