/** The account of the exporter, and what the broker does for it. */

import type { Account } from './accounts';
import type { OptionLine } from './configKey';

export const monitoringUsername = 'aipi_monitoring';

/** It reads what the broker says of itself, its log among that, and nothing else. */
export const monitoringAccount: Account = {
  username: monitoringUsername,
  rules: [{ access: 'read', topic: '$SYS/#' }],
  generation: 1,
};

/** Publishes the lines of the log below `$SYS/broker/log/`, beside where they go anyway. A signal applies it both ways. */
export const logTopic: OptionLine = { option: 'log_dest', value: 'topic' };
