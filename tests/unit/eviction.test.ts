import { clientIdsOf } from '../../operate/eviction';

const start = '2026-11-23T02:53:34: mosquitto version 2.1.2 starting\n';
const joined = (id: string, username: string) =>
  `2026-11-23T03:00:00: New client connected from 172.17.0.1:1 as ${id} (p5, c1, k60, u'${username}').\n`;

describe('clientIdsOf', () => {
  const log = joined('pi-1', 'pi-1') + joined('dashboard-7', 'dashboard') + joined('pi-2', 'pi-2');

  it('are the ids that their connections have', () => {
    const evicted = [
      { kind: 'devices', names: ['pi-1', 'pi-9'] },
      { kind: 'accounts', names: ['dashboard'] },
    ] as const;
    expect(clientIdsOf(evicted, start + log)).toEqual(['pi-1', 'dashboard-7']);
  });

  it('are the names of devices, too, where the log does not go back far enough', () => {
    expect(clientIdsOf([{ kind: 'devices', names: ['pi-1', 'pi-9'] }], log)).toEqual(['pi-1', 'pi-9']);
    expect(clientIdsOf([{ kind: 'accounts', names: ['dashboard', 'other'] }], log)).toEqual(['dashboard-7']);
  });

  it('are none where nobody of them is connected', () => {
    expect(clientIdsOf([{ kind: 'devices', names: ['pi-9'] }], start + log)).toEqual([]);
  });
});
