/** A broker that has ended: its last words are those of a run that has ended. */

import type { BrokerHandle } from '../../operate/broker';
import { mustRun } from '../../operate/readiness';

type Look = { Running: boolean; Restarting: boolean; StartedAt: string; ExitCode: number };

const ended = (StartedAt: string): Look => ({ Running: false, Restarting: true, StartedAt, ExitCode: 13 });
const runs = (StartedAt: string): Look => ({ Running: true, Restarting: false, StartedAt, ExitCode: 0 });

/** An engine that gives one look after the other, and whatever the log holds at its next reading. */
function brokerOf(looks: Look[], logs: string[]): BrokerHandle {
  const next = <T>(values: T[]): T => (values.length > 1 ? values.shift() : values[0]) as T;
  const container = {
    inspect: async () => ({ RestartCount: 1, State: next(looks) }),
    logs: async () => framed(next(logs)),
  };
  return { container, name: 'aipi-mqtt-dev' } as unknown as BrokerHandle;
}

function framed(text: string): Buffer {
  const header = Buffer.alloc(8);
  header[0] = 1;
  header.writeUInt32BE(Buffer.byteLength(text), 4);
  return Buffer.concat([header, Buffer.from(text)]);
}

const now = () => new Date().toISOString();

describe('a broker that must run', () => {
  test('runs', async () => {
    await expect(mustRun(brokerOf([runs(now())], ['']))).resolves.toBeUndefined();
  });

  test('has ended: the words at its end', async () => {
    await expect(mustRun(brokerOf([ended('a')], ['Error: unable to open the database']))).rejects.toThrow(
      'the broker in aipi-mqtt-dev has ended with code 13; its last words:\nError: unable to open the database',
    );
  });

  test('is started again while its log is read: the first words of the next run are not its last', async () => {
    const looks = [ended('a'), runs(now()), ended('b')];
    const logs = ['Error: unable to open the database\nLoading plugin', 'Loading plugin\nError: no database'];
    await expect(mustRun(brokerOf(looks, logs))).rejects.toThrow(/Error: no database$/);
  });

  test('is started again and stays: it runs', async () => {
    const long = new Date(Date.now() - 10_000).toISOString();
    await expect(mustRun(brokerOf([ended('a'), runs(long)], ['']))).resolves.toBeUndefined();
  });
});
