/** What the broker's log says. */

import type { ConfigKeys, ValuesOf } from './configKey';

/** One row a key. */
export const loggingKeys = {
  logTypes: {
    type: 'array',
    option: 'log_type',
    default: ['error', 'warning', 'notice', 'information'],
    words: ['error', 'warning', 'notice', 'information', 'subscribe', 'unsubscribe', 'websockets', 'debug'],
    description:
      'Kinds of messages in the log, of error, warning, notice, information, subscribe, unsubscribe, websockets and debug.',
  },
  connectionMessages: {
    type: 'boolean',
    option: 'connection_messages',
    default: true,
    description: 'Whether each connect and disconnect is logged.',
  },
} as const satisfies ConfigKeys;

export type Logging = ValuesOf<typeof loggingKeys>;
