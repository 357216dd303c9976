import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openingsOf, tableChanges, tableScript } from '../../mosquitto/firewall';
import { connectedPeers } from '../../mosquitto/peers';
import { deployedReach, reachOf, reachWords, unfilteredWords } from '../../mosquitto/reach';
import { claimsOf } from '../../operate/checks/firewall';
import { cutOffProblem } from '../../operate/connected';
import { isDockerDesktop } from '../../operate/docker';
import { lackOfMeans } from '../../operate/nftables';
import { problemsOf, settingsOf } from './rawConfig';

const open = { port: 8883, protocol: 'mqtt', bindAddress: '0.0.0.0', tls: true };
const dnsNames = ['mqtt.example.org'];

const openings = (config: Record<string, unknown>) => {
  const { listeners, firewall } = settingsOf({ dnsNames, ...config });
  return openingsOf(listeners, firewall);
};

describe('the configuration', () => {
  it('says who reaches a listener, or that everybody may', () => {
    expect(problemsOf({ dnsNames, listeners: [open], firewall: [] })).toEqual([
      expect.stringMatching(
        /^firewall: is empty, and other machines reach mqtts-8883 on "0\.0\.0\.0"; .*unfiltered: true/,
      ),
    ]);
    expect(problemsOf({ dnsNames, listeners: [{ ...open, firewall: [] }], firewall: ['10.0.0.0/8'] })).toEqual([
      expect.stringContaining('listeners[0].firewall: is empty'),
    ]);
    expect(problemsOf({ dnsNames, listeners: [{ ...open, unfiltered: true }], firewall: [] })).toEqual([]);
    expect(problemsOf({ dnsNames, listeners: [open], firewall: ['10.0.0.0/8'] })).toEqual([]);
    expect(problemsOf({ firewall: [] })).toEqual([]);
  });

  it('refuses both at once, what is no network, and one that stands twice', () => {
    expect(problemsOf({ dnsNames, listeners: [{ ...open, unfiltered: true, firewall: ['10.0.0.0/8'] }] })).toEqual([
      expect.stringContaining('write one of both'),
    ]);
    expect(problemsOf({ firewall: ['10.0.0.1/8', '10.0.0.0/8', '10.0.0.0/8', 'host', 7] })).toEqual([
      expect.stringContaining('firewall[0]: "10.0.0.1/8" is an address within a network'),
      expect.stringContaining('firewall[2]: "10.0.0.0/8" stands there already'),
      expect.stringContaining('firewall[3]: "host" is not a network'),
      expect.stringContaining('firewall[4]: 7 cannot be used'),
    ]);
  });
});

describe('a list of networks', () => {
  const problems = (firewall: unknown[]) => problemsOf({ dnsNames, listeners: [open], firewall });

  it.each([
    [10, 'firewall[0]: 10 cannot be used; write a network such as "192.168.0.0/16"'],
    [null, 'cannot be used; write a network such as "192.168.0.0/16"'],
    [['10.0.0.0/8'], 'firewall[0]: a list cannot be used; write a network such as "192.168.0.0/16"'],
    ['10.0.0.0/8, 192.168.0.0/16', 'is not a network; write for example'],
    ['10.0.0.0/8\u200b', '(U+200B at character 11) is not a network; write for example'],
    ['fe80::/10%eth0', '"fe80::/10%eth0" is not a network; write for example'],
  ])('refuses %j in one sentence', (each, words) => {
    expect(problems([each])).toEqual([expect.stringContaining(words)]);
  });

  it('says of a text that it is no list', () => {
    expect(problemsOf({ dnsNames, listeners: [open], firewall: '10.0.0.0/8' })).toEqual([
      'firewall: "10.0.0.0/8" cannot be used; write a list',
    ]);
  });

  it('takes a network twice for once, however it is written', () => {
    expect(problems(['FD00::/8', 'fd00:0::/8'])).toEqual([
      'firewall[1]: "fd00:0::/8" stands there already; write each network once',
    ]);
    expect(problems(['10.0.0.0/8', '10.1.0.0/16'])).toEqual([]);
  });

  it('tells the first problems of a long one, and how many more there are', () => {
    const all = problems(Array.from({ length: 5_000 }, (_, n) => `10.${n >> 8}.${n & 255}.1/24`));
    expect(all).toHaveLength(21);
    expect(all.at(-1)).toBe('firewall: and 4980 more');
  });
});

describe('openingsOf', () => {
  it('has each address that others reach, with the networks of its listener', () => {
    const listeners = [
      { ...open, bindAddress: ['192.0.2.10', '127.0.0.1', '2001:db8::10'], firewall: ['10.0.0.0/8'] },
      { ...open, port: 9001, protocol: 'websockets', unfiltered: true },
      { port: 1883, protocol: 'mqtt' },
      { ...open, port: 8884, clients: 'devices' },
    ];
    expect(openings({ listeners, firewall: ['fd00::/8'] })).toEqual([
      { listener: 'mqtts-8883', port: 8883, address: '192.0.2.10', sources: ['10.0.0.0/8'] },
      { listener: 'mqtts-8883', port: 8883, address: '2001:db8::10', sources: ['10.0.0.0/8'] },
      { listener: 'mqtts-8884', port: 8884, address: '0.0.0.0', sources: ['fd00::/8'] },
    ]);
  });
});

describe('tableScript', () => {
  const rules = (config: Record<string, unknown>) =>
    tableScript({ containerName: 'broker', networks: ['broker'], openings: openings(config) })
      .split('\n')
      .map((line) => line.trim());

  it('lets in the networks of the family alone, and drops the others', () => {
    const script = rules({ listeners: [open], firewall: ['10.0.0.0/8', 'fd00::/8'] });
    expect(script).toContain('elements = { 10.0.0.0/8 }');
    expect(script.join('\n')).not.toContain('fd00::');
    const accept = script.indexOf('meta nfproto ipv4 tcp dport 8883 ip saddr @mqtts-8883-ipv4 accept');
    expect(script[accept + 1]).toBe('meta nfproto ipv4 tcp dport 8883 counter drop comment "mqtts-8883"');
  });

  it('has no line of elements for nobody', () => {
    const script = rules({ listeners: [{ ...open, bindAddress: '::' }], firewall: ['10.0.0.0/8'] });
    expect(script).toContain('set mqtts-8883-ipv6 {');
    expect(script.filter((line) => line.startsWith('elements'))).toEqual([]);
  });

  it('looks at the address where there is one', () => {
    const script = rules({ listeners: [{ ...open, bindAddress: '192.0.2.10' }], firewall: ['10.0.0.0/8'] });
    expect(script).toContain('ip daddr 192.0.2.10 tcp dport 8883 ip saddr @mqtts-8883-ipv4 accept');
  });

  it('takes the place of the one that is there', () => {
    const table = 'table inet aipi-mqtt.broker';
    expect(rules({ listeners: [open], firewall: ['10.0.0.0/8'] }).slice(2, 5)).toEqual([
      table,
      `delete ${table}`,
      `${table} {`,
    ]);
  });
});

describe('reachWords', () => {
  const reach = (config: Record<string, unknown>) => {
    const { listeners, firewall } = settingsOf({ dnsNames, ...config });
    return reachOf(listeners, firewall);
  };
  const filtered = reach({ listeners: [open], firewall: ['10.0.0.0/8', '192.168.0.0/16'] });

  it.each([
    ['nothing', filtered, filtered, []],
    ['a new listener', [], filtered, ['mqtts-8883 on 0.0.0.0 becomes reachable for 10.0.0.0/8, 192.168.0.0/16']],
    ['one that goes', filtered, [], ['mqtts-8883 on 0.0.0.0 is no longer reachable']],
    [
      'one network for another',
      filtered,
      reach({ listeners: [open], firewall: ['10.0.0.0/8', 'fd00::/8'] }),
      ['mqtts-8883 on 0.0.0.0 becomes reachable for fd00::/8', 'mqtts-8883 on 0.0.0.0 is closed for 192.168.0.0/16'],
    ],
    [
      'everybody, by a network',
      filtered,
      reach({ listeners: [open], firewall: ['10.0.0.0/8', '192.168.0.0/16', '0.0.0.0/0'] }),
      ['mqtts-8883 on 0.0.0.0 becomes reachable for EVERYBODY (0.0.0.0/0)'],
    ],
    [
      'everybody, without a firewall',
      filtered,
      reach({ listeners: [{ ...open, unfiltered: true }] }),
      ['mqtts-8883 on 0.0.0.0 becomes reachable for EVERYBODY, without a firewall'],
    ],
    [
      'a first firewall',
      deployedReach([{ address: '0.0.0.0', port: 8883 }], []),
      filtered,
      ['mqtts-8883 on 0.0.0.0 is closed for everybody but 10.0.0.0/8, 192.168.0.0/16'],
    ],
  ])('%s', (_, before, after, words) => {
    expect(reachWords(before, after)).toEqual(words);
  });

  it.each([
    [undefined, 'this machine'],
    ['site', 'site'],
  ])('names listeners without a firewall, and the machine %s', (machine, name) => {
    expect(unfilteredWords(filtered, machine)).toEqual([]);
    expect(unfilteredWords(reach({ listeners: [{ ...open, unfiltered: true }] }), machine)).toEqual([
      `mqtts-8883 on 0.0.0.0 has no firewall: whoever finds a way to ${name} reaches it`,
    ]);
  });
});

test('what somebody changed in a table', () => {
  expect(tableChanges('a {\n\tb\n}\n', 'a {\n\tc\n}\n')).toEqual(['- b', '+ c']);
});

test('peers are read from the table of the kernel', () => {
  const table = [
    '  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode',
    '   0: 00000000:22B3 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1883        0 1 1 0',
    '   1: 020011AC:22B3 4D7100CB:9C40 01 00000000:00000000 00:00000000 00000000  1883        0 2 1 0',
    '   3: 020011AC:22B3 020011AC:9C41 01 00000000:00000000 00:00000000 00000000  1883        0 2 1 0',
    '   2: 020011AC:22B3 4D7100CB:9C41 06 00000000:00000000 00:00000000 00000000  1883        0 2 1 0',
    '   0: 00000000000000000000000000000000:22B3 B80D0120000000000000000007000000:9C40 01 00000000:00000000 00:00000000 00000000  1883 0 3 1 0',
    '   1: 0000000000000000FFFF0000020011AC:22B3 0000000000000000FFFF00000A0000C0:9C40 01 00000000:00000000 00:00000000 00000000  1883 0 3 1 0',
  ].join('\n');
  expect(connectedPeers(table)).toEqual([
    { port: 8883, address: '203.0.113.77' },
    { port: 8883, address: '2001:db8::7' },
    { port: 8883, address: '192.0.0.10' },
  ]);
});

test('clients that could not come back are counted, named and accepted', () => {
  const peers = ['203.0.113.7', '203.0.113.8'].map((address) => ({ address, port: 8883 }));
  expect(cutOffProblem(peers, 1)).toMatch(/^2 clients .*: 203\.0\.113\.7, 203\.0\.113\.8; .*maxCutOffClients: 2$/);
  expect(cutOffProblem(peers, 2)).toBeUndefined();
});

test.each([
  ['0.0.0.0', ['10.0.0.0/8', '192.168.0.0/16'], ['10.255.255.252', '203.0.113.77']],
  ['0.0.0.0', ['0.0.0.0/0'], ['203.0.113.77']],
  ['0.0.0.0', ['203.0.113.0/24'], ['203.0.113.252', '198.51.100.77']],
  ['0.0.0.0', ['fd00::/8'], ['203.0.113.77']],
  ['::', ['fe80::/10', 'fd00::/8'], ['fdff:ffff:ffff:ffff:ffff:ffff:ffff:fffc', '2001:db8:77::77']],
  ['::', ['::/0'], ['2001:db8:77::77']],
])('neighbours for %s with %j', (address, sources, from) => {
  const claims = claimsOf({ listener: 'mqtts-8883', port: 8883, address, sources });
  expect(claims.map((claim) => claim.from)).toEqual(from);
});

test.each([
  [['192.168.0.0/16'], '192.168.240.2/20', '192.168.127.252'],
  [['172.16.0.0/12'], '172.31.0.2/16', '172.23.255.252'],
  [['192.168.240.0/20', '10.0.0.0/8'], '192.168.240.2/20', '10.255.255.252'],
])(
  'a neighbour in %j, where the broker itself is in %s, has an address that it does not look for there',
  (sources, own, from) => {
    const [claim] = claimsOf({ listener: 'mqtts-8883', port: 8883, address: '0.0.0.0', sources }, [own]);
    expect(claim).toMatchObject({ from, isLetIn: true });
  },
);

test('Docker Desktop, whose ports no firewall of this machine sees, is refused with what to write', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'aipi-'));
  const socket = join(folder, 'docker.sock');
  let OperatingSystem = 'Docker Desktop';
  const engine = createServer((_, response) => {
    response.setHeader('content-type', 'application/json');
    response.end(JSON.stringify({ OperatingSystem }));
  });
  await once(engine.listen(socket), 'listening');
  try {
    expect(await lackOfMeans(`unix://${socket}`)).toMatch(/^Docker Desktop .* bind the listeners .* unfiltered: true/);
    OperatingSystem = 'Debian GNU/Linux 13 (trixie)';
    expect(await isDockerDesktop(`unix://${socket}`)).toBe(false);
    expect(await isDockerDesktop(`unix://${socket}.absent`)).toBe(false);
  } finally {
    engine.close();
    rmSync(folder, { recursive: true });
  }
});
