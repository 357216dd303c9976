import { connectionsOf } from '../../mosquitto/connections';

const start = '2026-11-23T02:53:34: mosquitto version 2.1.2 starting\n';
const joined = (time: string, port: number, id: string, username = id) =>
  `2026-11-23T${time}: New client connected from 172.17.0.1:${port} as ${id} (p5, c1, k60, u'${username}').\n`;
const left = (time: string, port: number, id: string) =>
  `2026-11-23T${time}: Client ${id} [172.17.0.1:${port}] disconnected: connection closed by client.\n`;

function ids(log: string): string[] {
  return [...connectionsOf(log).byClientId.keys()];
}

describe('connectionsOf', () => {
  it('tells who is connected, from where and since when', () => {
    const { byClientId, complete } = connectionsOf(
      start + joined('03:00:00', 1, 'pi-1') + joined('03:00:01', 2, 'pi-2'),
    );
    expect(complete).toBe(true);
    expect(byClientId.get('pi-1')).toEqual({
      username: 'pi-1',
      address: '172.17.0.1:1',
      since: '2026-11-23T03:00:00Z',
    });
    expect(byClientId.size).toBe(2);
  });

  it('forgets who has gone', () => {
    expect(ids(start + joined('03:00:00', 1, 'pi-1') + left('03:00:01', 1, 'pi-1'))).toEqual([]);
  });

  it('keeps the newer connection of two, though the end of the older one is reported later', () => {
    const log = joined('03:00:00', 1, 'pi-1') + joined('03:00:01', 2, 'pi-1') + left('03:00:01', 1, 'pi-1');
    expect(connectionsOf(start + log).byClientId.get('pi-1')?.address).toBe('172.17.0.1:2');
  });

  it('says which user holds a client id', () => {
    const log = start + joined('03:00:00', 1, 'pi-1', 'aisa_rpi');
    expect(connectionsOf(log).byClientId.get('pi-1')?.username).toBe('aisa_rpi');
  });

  it('begins anew with the broker', () => {
    expect(ids(start + joined('03:00:00', 1, 'pi-1') + start)).toEqual([]);
  });

  it('knows that a rotated log does not tell everything', () => {
    expect(connectionsOf(joined('03:00:00', 1, 'pi-1')).complete).toBe(false);
  });
});
