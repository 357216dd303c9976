import type { Opening } from '../../mosquitto/firewall';
import { meanwhile } from '../../mosquitto/meanwhile';

const opening = (address: string, port: number, ...sources: string[]): Opening => ({
  listener: `mqtt-${port}`,
  port,
  address,
  sources,
});

const all = '0.0.0.0';
const said = (openings: Opening[]) => openings.map(({ address, port, sources }) => [address, port, ...sources]);

describe('while a broker is replaced', () => {
  it.each([
    ['what is new is as it is wanted', [], [opening(all, 1, '10.0.0.0/8')], [[all, 1, '10.0.0.0/8']]],
    ['what goes is as it was', [opening(all, 1, '10.0.0.0/8')], [], [[all, 1, '10.0.0.0/8']]],
    [
      'what stays lets those in who are let in by both',
      [opening(all, 1, '10.0.0.0/8', '192.0.2.0/24', 'fd00::/8')],
      [opening(all, 1, '10.1.0.0/16', '192.0.0.0/16', '198.51.100.0/24')],
      [[all, 1, '10.1.0.0/16', '192.0.2.0/24']],
    ],
    [
      'nobody new reaches the old broker by an address that it has among all',
      [opening(all, 1, '10.0.0.0/8')],
      [opening('192.0.2.1', 1, '0.0.0.0/0')],
      [
        ['192.0.2.1', 1, '10.0.0.0/8'],
        [all, 1, '10.0.0.0/8'],
      ],
    ],
    [
      'the other family and other ports are not concerned',
      [opening('::', 1, 'fd00::/8'), opening(all, 2, '10.0.0.0/8')],
      [opening(all, 1, '0.0.0.0/0')],
      [
        [all, 1, '0.0.0.0/0'],
        ['::', 1, 'fd00::/8'],
        [all, 2, '10.0.0.0/8'],
      ],
    ],
  ])('%s', (_, before, wanted, both) => {
    expect(said(meanwhile(before, wanted))).toEqual(both);
  });

  it('each name has one list of networks', () => {
    const before = [opening('192.0.2.1', 1, '10.0.0.0/8')];
    const wanted = [
      opening('192.0.2.1', 1, '10.1.0.0/16', '0.0.0.0/0'),
      opening('192.0.2.2', 1, '10.1.0.0/16', '0.0.0.0/0'),
    ];
    const both = meanwhile(before, wanted);
    expect(said(both).map(([, , ...sources]) => sources)).toEqual([
      ['10.1.0.0/16', '10.0.0.0/8'],
      ['10.1.0.0/16', '0.0.0.0/0'],
    ]);
    expect(new Set(both.map(({ listener }) => listener)).size).toBe(2);
  });

  it('a second run that is cut off, too, opens nothing', () => {
    const [first, second] = [[opening(all, 1, '10.0.0.0/8')], [opening(all, 1, '192.0.2.0/24')]];
    const cutOff = meanwhile(first, second);
    expect(said(meanwhile(cutOff, first))).toEqual([[all, 1]]);
    expect(meanwhile(cutOff, cutOff)).toEqual(cutOff);
  });
});
