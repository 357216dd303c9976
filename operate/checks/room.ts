/** Whether a broker can still take and keep what it acknowledges. */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import { dataVolume } from '../../mosquitto/files';
import type { CheckResult } from '../../mosquitto/result';
import { memoryProblem, memoryWords, spaceProblem, spaceWords } from '../../mosquitto/room';
import { heapTopic } from '../../mosquitto/witness';
import type { BrokerHandle } from '../broker';
import { hangUp } from '../client';
import { execute, settled, stateOf } from '../docker';
import { type Room, roomOf } from '../room';
import { isCommitted } from '../writeAheadLog';
import { check, Disproved } from './check';

/** A broker that writes more rarely is not waited for. */
const longestFlushSeconds = 5;
/** Milliseconds that a busy disk is given besides. */
const patience = 2_000;
const pauseMilliseconds = 200;
/** A session that could not be ended is forgotten by itself. */
const keptSeconds = 60;

/**
 * Checks that volume and memory have room, and that what the broker keeps is on the volume: it goes on acknowledging when
 * its database has refused to be written, without a word.
 *
 * One that does not run has other things to say, and none of this is proved of it.
 */
export async function proveRoom(broker: BrokerHandle): Promise<CheckResult[]> {
  const info = await settled(broker.container);
  if (info === undefined || stateOf(info) !== 'running') return [];
  const clientId = `aipi-verify-kept-${randomBytes(8).toString('hex')}`;
  const session = broker.nearestDial()({ ...broker.witness, clientId, sessionExpirySeconds: keptSeconds });
  session.catch(() => {});
  try {
    const room = await roomOf(broker.container);
    const { database } = room.allowance;
    return await Promise.all([
      ...(database === undefined ? [] : [check('the data volume has room', async () => volume(broker, room))]),
      check('the broker has memory left', () => memory(room, session)),
      ...(database === undefined || room.allowance.flushPeriodSeconds > longestFlushSeconds
        ? []
        : [
            check('what the broker keeps is on the data volume', async () => {
              await session;
              return written(broker, database, clientId, room);
            }),
          ]),
    ]);
  } finally {
    await session.then(forget, () => {});
  }
}

function volume({ name }: BrokerHandle, { space }: Room): string {
  if (space === undefined) throw new Disproved(`the volume ${dataVolume(name)} cannot be seen`);
  const problem = spaceProblem(space, dataVolume(name));
  if (problem !== undefined) throw new Disproved(problem);
  return spaceWords(space);
}

/** What the broker has freed still counts as resident, so that is believed only where nobody is let in any more. */
async function memory({ residentBytes, allowance }: Room, session: Promise<MqttClient>): Promise<string> {
  const used = await session.then(heapBytes, () => residentBytes);
  const problem = used === undefined ? undefined : memoryProblem(used, allowance);
  if (problem !== undefined) throw new Disproved(problem);
  return memoryWords(used ?? residentBytes, allowance);
}

/** What the broker says that it uses; undefined of one that an earlier version has deployed, where verification may not ask. */
async function heapBytes(client: MqttClient): Promise<number | undefined> {
  let bytes: number | undefined;
  client.on('message', (topic, payload) => {
    if (topic === heapTopic) bytes = Number(payload.toString());
  });
  await client.subscribeAsync(heapTopic, { qos: 0 });
  // An answer proves that everything before it has arrived.
  await client.unsubscribeAsync(heapTopic);
  return bytes;
}

/**
 * The database is searched as bytes: the image has no tool that reads it, and its log comes first because it is small. For
 * a fixed string (-F) some builds of busybox look no further than the first zero of a line. Where there is no room, what
 * stands in the log need not be committed.
 */
async function written(
  { container, name }: BrokerHandle,
  database: string,
  clientId: string,
  { allowance: { flushPeriodSeconds }, space }: Room,
): Promise<string> {
  const isFull = space !== undefined && spaceProblem(space, dataVolume(name)) !== undefined;
  const deadline = Date.now() + flushPeriodSeconds * 1_000 + patience;
  const inDatabase = `grep -q ${clientId} ${database}`;
  const search = isFull
    ? `${inDatabase} || base64 ${database}-wal`
    : `grep -qs ${clientId} ${database}-wal || ${inDatabase}`;
  for (;;) {
    const { code, output } = await execute(container, ['sh', '-c', search]);
    if (code === 0 && (output === '' || isCommitted(Buffer.from(output, 'base64'), clientId)))
      return 'a session of verification is in the database';
    if (Date.now() > deadline) break;
    await sleep(pauseMilliseconds);
  }
  throw new Disproved(
    `a session that the broker has accepted is not in ${database}, and messages that it acknowledges now are lost at a ` +
      `restart: see whether the volume ${dataVolume(name)} is full, read-only or damaged`,
  );
}

/** Ends the session with the connection, so that nothing is left of it. Source: [MQTT-3.14.2-2]. */
async function forget(client: MqttClient): Promise<void> {
  const gone = client.endAsync(false, { properties: { sessionExpiryInterval: 0 } }).catch(() => {});
  await Promise.race([gone, sleep(patience, undefined, { ref: false })]);
  hangUp(client);
}
