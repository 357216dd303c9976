/**
 * Proves that the proof sees what a broker does not say: a volume that takes no more, while messages are acknowledged; a
 * database that is gone; memory at its limit. It does not prove that a broker comes back from there by itself: it does not.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { proveRoom } from '../../operate/checks/room';
import { ready } from '../../operate/readiness';
import { lossReason } from '../../operate/room';
import { RoomBroker } from './roomBroker';

jest.setTimeout(120_000);

const claims = {
  space: 'the data volume has room',
  memory: 'the broker has memory left',
  written: 'what the broker keeps is on the data volume',
};

const database = '/mosquitto/data/mosquitto.sqlite3';

async function disproved(broker: RoomBroker): Promise<string[]> {
  const checks = await proveRoom(broker.handle);
  expect(checks.map(({ check }) => check)).toEqual(Object.values(claims));
  return checks.filter(({ ok }) => !ok).map(({ check, detail }) => `${check}: ${detail}`);
}

describe('a broker with a small volume', () => {
  let broker: RoomBroker;

  beforeAll(async () => {
    broker = await RoomBroker.start(2);
    await ready(broker.handle, broker.handle.dial());
  });

  afterAll(() => broker.remove());

  it('is proved as long as there is room, and nothing of the proof is left', async () => {
    expect(await disproved(broker)).toEqual([]);
    const { container } = broker.handle;
    expect(await lossReason(container, broker.handle.name)).toBeUndefined();
    expect(await broker.shell(`strings ${database}-wal | grep -c aipi-verify-kept`)).not.toBe('0');
    expect(await broker.sessions()).toBe(0);
  });

  it('is healthy, which leaves no line in its log', async () => {
    // What the clients before have left is said within a moment.
    await sleep(500);
    expect(await broker.health()).toEqual({ code: 0, says: '', logged: '' });
  });

  it('fails the proof when the volume is full, though every message is acknowledged', async () => {
    await broker.fill(100, 40_000);
    // What fits finds a place as long as the database has free pages, and its log can begin anew: rows of a page each
    // take the pages, small ones what is left of them.
    let failed: string[] = [];
    for (let tries = 0; tries < 10 && failed.length < 2; tries += 1) {
      await broker.fill(100, 3_000);
      await broker.fill(100, 100);
      failed = await disproved(broker);
    }
    expect(failed).toEqual([
      expect.stringMatching(`^${claims.space}: only 0 of 2048 KiB are free on the volume ${broker.handle.name}-data; `),
      expect.stringMatching(`^${claims.written}: a session that the broker has accepted is not in ${database}`),
    ]);
    expect(await lossReason(broker.handle.container, broker.handle.name)).toContain('only 0 of 2048 KiB');
  });
});

describe('a broker with little memory', () => {
  let broker: RoomBroker;

  beforeAll(async () => {
    broker = await RoomBroker.start(128);
    await ready(broker.handle, broker.handle.dial());
  });

  afterAll(() => broker.remove());

  it('fails the proof when somebody has taken its database away', async () => {
    await broker.shell(`mv ${database}-wal ${database}-other; mv ${database} ${database}-old`);
    expect(await disproved(broker)).toEqual([expect.stringMatching(`^${claims.written}: `)]);
    await broker.shell(`mv ${database}-other ${database}-wal; mv ${database}-old ${database}`);
    expect(await disproved(broker)).toEqual([]);
  });

  it('names the memory when clients are cut off', async () => {
    await broker.flood(4_000, 10_000);
    await broker.crowd(1_000);
    expect(await broker.health()).toMatchObject({ code: 1, says: 'no memory is left for clients' });
    const [first] = await disproved(broker);
    expect(first).toContain(`${claims.memory}: 3`);
    expect(first).toContain('of 32 MiB of memory are in use; at that limit the broker cuts new clients off');
    await expect(ready(broker.handle, broker.handle.dial())).rejects.toThrow(
      /lets nobody in: .* raise memoryLimitMebibytes/,
    );
  });
});
