/**
 * Program of the exporter's container: watches a broker as an account that may read `$SYS` alone, and tells what it sees.
 *
 * Its folder holds the files of `exporterFiles`; each may change while it runs. It answers on port 9234.
 */

import { dirname, join } from 'node:path';
import {
  type ConnectionsRecord,
  type ExporterSettings,
  exporterFiles,
  type ProofRecord,
} from '../watching/exporterSettings';
import { follow } from './follow';
import { keep, recall } from './memory';
import { type Page, serve } from './server';
import { sum, systemValue } from './status';
import { Watch } from './watch';

const keepEveryMilliseconds = 60_000;
const sampleEveryMilliseconds = 10_000;

/** The page is made where this program is: see operate/exporterProgram.ts. */
declare const statusPage: Page;

const folder = dirname(process.argv[1] ?? '');
const pathOf = (name: keyof typeof exporterFiles) => join(folder, exporterFiles[name]);
let watch: Watch | undefined;

serve(() => watch, statusPage, [
  'localhost',
  '127.0.0.1',
  '[::1]',
  process.env.HOSTNAME ?? '',
  ...process.argv.slice(2),
]);

void start();

async function start(): Promise<void> {
  const memory = await recall(pathOf('memory'));
  await follow<ExporterSettings>(pathOf('settings'), (settings) => {
    if (watch === undefined) watch = new Watch(settings);
    else watch.take(settings);
  });
  const known = await whenTold();
  if (memory !== undefined) known.remember(memory);
  await follow<ProofRecord>(pathOf('proof'), (proof) => {
    known.proof = proof;
  });
  await follow<ConnectionsRecord>(pathOf('connections'), (record) => known.seed(record));
  setInterval(() => void sample(known), sampleEveryMilliseconds);
  setInterval(() => void keep(pathOf('memory'), known.memory).catch(() => {}), keepEveryMilliseconds);
  process.once('SIGTERM', () => {
    known.end();
    keep(pathOf('memory'), known.memory)
      .catch(() => {})
      .finally(() => process.exit(0));
  });
}

async function whenTold(): Promise<Watch> {
  while (watch === undefined) await new Promise((resolve) => setTimeout(resolve, 200));
  return watch;
}

async function sample(known: Watch): Promise<void> {
  const { broker, now } = await known.look();
  const value = (topic: string) => (broker.up ? systemValue(known, topic) : null);
  known.history.add(now, {
    connected: value('broker/clients/connected'),
    roundTripMilliseconds: broker.roundTripSeconds === null ? null : broker.roundTripSeconds * 1_000,
    counters: {
      messagesReceived: value('broker/publish/messages/received'),
      messagesSent: value('broker/publish/messages/sent'),
      bytesReceived: value('broker/bytes/received'),
      bytesSent: value('broker/bytes/sent'),
      dropped: value('broker/publish/messages/dropped'),
      refusedLogins: sum(known.tally.refusedLogins.values()),
    },
  });
}
