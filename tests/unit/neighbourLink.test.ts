import { chanceBytes, linkFor, type Surroundings } from '../../operate/neighbourLink';

const surroundings: Surroundings = {
  addresses: [{ addr_info: [{ local: '192.0.2.2' }, { local: 'fd00::2' }, {}] }],
  routes: [
    { dst: 'default', gateway: '192.0.2.1' },
    { dst: 'default', nexthops: [{ gateway: 'fd00::1' }, { gateway: 'fd00:0:0::3' }] },
    { dst: '192.0.2.0/24' },
    { dst: '10.8.0.5' },
    { type: 'local', dst: '203.0.113.0/28' },
    { type: 'broadcast', dst: '192.0.2.255' },
  ],
  neighbours: [
    { dst: '192.0.2.7', state: ['STALE'] },
    { dst: '192.0.2.8', state: ['FAILED'] },
  ],
};

const chance = Uint8Array.from({ length: chanceBytes }, (_, index) => index + 1);

function link(...attempts: Parameters<typeof linkFor>[0]) {
  return linkFor(attempts, surroundings, 4711, chance);
}

describe('linkFor', () => {
  it('gives each neighbour its address at the far end, and answers one way to it', () => {
    expect(
      link(
        { from: '10.1.2.3', port: 1883 },
        { from: '2001:DB8:0::9', to: 'fd00::2', port: 8883 },
        { from: '10.1.2.3', to: '192.0.2.2', port: 9001 },
      ),
    ).toEqual({
      name: 'aipi-0d0e0f10',
      outside: `link add aipi-0d0e0f10 address 02:08:09:0a:0b:0c type veth peer name outside address 06:08:09:0a:0b:0c netns 4711
link set aipi-0d0e0f10 addrgenmode none
link set aipi-0d0e0f10 up
address add 198.19.2.4/32 dev aipi-0d0e0f10
address add fd01:0203:0405:0607::1/128 dev aipi-0d0e0f10 nodad
route add 10.1.2.3/32 dev aipi-0d0e0f10
neighbour add 10.1.2.3 lladdr 06:08:09:0a:0b:0c dev aipi-0d0e0f10 nud permanent
route add 2001:db8::9/128 dev aipi-0d0e0f10
neighbour add 2001:db8::9 lladdr 06:08:09:0a:0b:0c dev aipi-0d0e0f10 nud permanent
`,
      inside: [
        {
          option: '-4',
          batch: `link set outside addrgenmode none
link set outside up
neighbour add 198.19.2.4 lladdr 02:08:09:0a:0b:0c dev outside nud permanent
address add 10.1.2.3/32 dev outside
rule add from 10.1.2.3/32 ipproto 6 sport 33797-33799 lookup 100
route add default via 198.19.2.4 dev outside onlink table 100
`,
        },
        {
          option: '-6',
          batch: `link set outside addrgenmode none
link set outside up
neighbour add fd01:0203:0405:0607::1 lladdr 02:08:09:0a:0b:0c dev outside nud permanent
address add 2001:db8::9/128 dev outside nodad
rule add from 2001:db8::9/128 ipproto 6 sport 33797-33799 lookup 100
route add default via fd01:0203:0405:0607::1 dev outside onlink table 100
`,
        },
      ],
      connections: [
        { from: '10.1.2.3', localPort: 33797, to: '198.19.2.4', port: 1883 },
        { from: '2001:db8::9', localPort: 33798, to: 'fd00::2', port: 8883 },
        { from: '10.1.2.3', localPort: 33799, to: '192.0.2.2', port: 9001 },
      ],
      departures: [],
    });
  });

  it('lets a neighbour listen to whom somebody beside this machine connects', () => {
    const made = linkFor([], surroundings, 4711, chance, [{ of: 7, to: '203.0.113.77' }, { of: 7 }]);
    if (typeof made === 'string') throw new Error(made);
    expect(made.departures).toEqual([
      { of: 7, to: '203.0.113.77', port: 33_797, isNeighbour: true },
      { of: 7, to: '198.19.2.4', port: 33_798, isNeighbour: false },
    ]);
    expect(made.outside).toContain('route add 203.0.113.77/32 dev');
    expect(made.inside.map(({ batch }) => batch).join()).toContain(
      'rule add from 203.0.113.77/32 ipproto 6 sport 33797-',
    );
  });

  it('has a link to this machine where nobody else is reached', () => {
    const made = linkFor([], surroundings, 4711, chance, [{ of: 7 }]);
    expect(made).toMatchObject({ outside: expect.stringContaining('address add 198.19.2.4/32') });
  });

  it.each([255, 0])('has names, addresses and ports that the kernel takes, by the chance of %i', (byte) => {
    const made = linkFor([{ from: '10.1.2.3', port: 1 }], surroundings, 1, new Uint8Array(chanceBytes).fill(byte));
    if (typeof made === 'string') throw new Error(made);
    expect(made.name.length).toBeLessThanOrEqual(15);
    expect(made.connections[0]?.to).toMatch(byte === 0 ? '198.18.0.1' : '198.19.255.2');
    expect(made.connections[0]?.localPort).toBeLessThan(61_000);
  });

  it('takes an address that a neighbour was looked for at in vain', () => {
    expect(link({ from: '192.0.2.8', port: 1883 })).toMatchObject({ name: 'aipi-0d0e0f10' });
  });

  it.each(['pi.example', '10.0.0.0/8', '', '10.1.2.3\nlink delete eth0'])('refuses %j, which is no address', (from) => {
    expect(link({ from, port: 1883 })).toBe(`"${from}" is no address; a neighbour has one, without a prefix length`);
  });

  it.each(['127.0.0.1', '0.0.0.0', '224.0.0.1', '169.254.1.1', '::1', '::', 'fe80::1', 'ff02::1', '::ffff:10.1.2.3'])(
    'refuses %s, which nobody has',
    (from) => {
      expect(link({ from, port: 1883 })).toBe(`no neighbour can have the address ${from}; choose another one`);
    },
  );

  it.each(['192.0.2.2', 'fd00:0::2', '203.0.113.9'])('refuses %s, which is its own', (from) => {
    expect(link({ from, port: 1883 })).toBe(
      `${from} is an address of this machine itself, no neighbour can be played with it`,
    );
  });

  it.each(['192.0.2.1', 'fd00::1', 'fd00::3', '192.0.2.7', '10.8.0.5', '192.0.2.255'])(
    'refuses %s, which is taken',
    (from) => {
      expect(link({ from, port: 1883 })).toBe(
        `${from} is a gateway or a known neighbour of this machine, which would lose it meanwhile; choose another one`,
      );
    },
  );

  it.each(['192.0.2.3', '127.0.0.1', '10.1.2.3'])('refuses to go to %s', (to) => {
    expect(link({ from: '10.1.2.3', to, port: 1883 })).toBe(
      `${to} is no address of this machine that a neighbour can reach`,
    );
  });

  it('refuses to go from one family to the other', () => {
    expect(link({ from: '10.1.2.3', to: 'fd00::2', port: 1883 })).toBe(
      'from 10.1.2.3 there is no way to fd00::2; both must be IPv4 or both IPv6',
    );
  });
});
