/** What is kept when the broker stops, and how surely. */

import { type ConfigKeys, type OptionLine, optionLines, type ValuesOf } from './configKey';
import type { Layout } from './layout';
import type { Release } from './release';

/** How it is kept, one row a key. */
export const persistenceKeys = {
  persistenceFlushPeriodSeconds: {
    type: 'integer',
    option: 'plugin_opt_flush_period',
    default: 0,
    least: 0,
    greatest: 3_600,
    description:
      'Seconds between writes to the database; 0 writes each change at once, so that no acknowledged message is lost.',
  },
  /** SQLite's `synchronous` setting: `full` survives a power cut, `normal` a crash of the broker. */
  persistenceSync: {
    type: 'string',
    option: 'plugin_opt_sync',
    default: 'full',
    words: ['normal', 'full'],
    description: 'How surely a write is on the disk; full waits for the disk itself, normal for the operating system.',
  },
  persistentClientExpirationDays: {
    type: 'integer',
    option: 'persistent_client_expiration',
    default: 30,
    least: 1,
    greatest: 3_650,
    render: (days) => `${days}d`,
    description: 'Days after which the session of a client that never came back is dropped.',
  },
} as const satisfies ConfigKeys;

export interface Persistence extends ValuesOf<typeof persistenceKeys> {
  /** Whether sessions, queued and retained messages survive a restart; without it the others mean nothing. */
  persistence: boolean;
}

/** The lines that make a broker keep what it has. */
export function storeLines(persistence: Persistence, { hasSqlite }: Release, layout: Layout): OptionLine[] {
  return hasSqlite
    ? [
        { option: 'plugin', value: `${layout.plugins}/mosquitto_persist_sqlite.so` },
        { option: 'plugin_opt_db_file', value: `${layout.data}/mosquitto.sqlite3` },
        ...optionLines(persistenceKeys, persistence),
      ]
    : snapshotLines(persistence, layout);
}

/** Option with the seconds between two snapshots. */
export const snapshotPeriod = 'autosave_interval';

/** Seconds between two snapshots: 0 would mean none before the end. */
export function snapshotSeconds({ persistenceFlushPeriodSeconds }: Persistence): number {
  return Math.max(persistenceFlushPeriodSeconds, 1);
}

/**
 * All that is kept is written to a file as a whole, changed or not. Seconds cost nothing that could be seen (30,000
 * acknowledgements in a second beside 57 MB that wait for somebody); after each change it would be 130.
 */
function snapshotLines(persistence: Persistence, layout: Layout): OptionLine[] {
  const { persistentClientExpirationDays } = persistenceKeys;
  return [
    { option: 'persistence', value: 'true' },
    { option: 'persistence_location', value: `${layout.data}/` },
    { option: snapshotPeriod, value: String(snapshotSeconds(persistence)) },
    ...optionLines({ persistentClientExpirationDays }, persistence),
  ];
}
