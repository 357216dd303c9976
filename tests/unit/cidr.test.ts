import { cidrProblem, familyOf, isTheWorld, membership, rangeOf, rareAddress } from '../../mosquitto/cidr';

describe('cidrProblem', () => {
  it.each([
    '0.0.0.0/0',
    '10.0.0.0/8',
    '192.0.2.10/32',
    '192.168.4.0/22',
    '::/0',
    'fd00::/8',
    'fe80::/10',
    '2001:db8::1/128',
    '2001:DB8:0:1::/64',
  ])('accepts %s', (text) => {
    expect(cidrProblem(text)).toBeUndefined();
  });

  it.each([
    ['', 'is not a network'],
    ['example.org', 'is not a network'],
    ['example.org/24', 'is not a network'],
    ['[fd00::]/8', 'is not a network'],
    ['[10.0.0.0]/8', 'is not a network'],
    ['10.0.0/8', 'is not a network'],
    ['010.0.0.0/8', 'is not a network'],
    ['10.0.0.0/', 'is not a network'],
    ['10.0.0.0/8/8', 'is not a network'],
    ['10.0.0.0/255.0.0.0', 'is not a network'],
    ['10.0.0.0 /8', 'is not a network'],
    ['fe80::1%eth0/64', 'is not a network'],
    ['10.0.0.0-10.0.0.9', 'is not a network'],
    ['192.0.2.10', 'has no length; write 192.0.2.10/32'],
    ['fd00::1', 'has no length; write fd00::1/128'],
    ['10.0.0.0/33', 'write 0 to 32'],
    ['10.0.0.0/08', 'write 0 to 32'],
    ['fd00::/129', 'write 0 to 128'],
    ['::ffff:10.0.0.0/104', 'is an IPv4 network in IPv6'],
    ['192.168.1.7/24', 'write 192.168.1.0/24 for the network, or 192.168.1.7/32 for the address alone'],
    ['fd00::1/64', 'write fd00::/64 for the network, or fd00::1/128 for the address alone'],
    ['1.2.3.4/0', 'write 0.0.0.0/0 for the network'],
  ])('refuses %j', (text, words) => {
    expect(cidrProblem(text)).toContain(words);
  });
});

test('the same network is the same in whatever notation', () => {
  expect(rangeOf('2001:0DB8:0::/32')).toBe(rangeOf('2001:db8::/32'));
  expect(new Set(['10.0.0.0/8', '10.0.0.0/16', '::/8', '::a00:0/8'].map(rangeOf)).size).toBe(4);
});

test('the family of a network', () => {
  expect(['10.0.0.0/8', '::/0'].map(familyOf)).toEqual([4, 6]);
});

test('membership', () => {
  const isIn = membership(['10.0.0.0/8', 'fd00::/8']);
  const addresses = ['10.255.255.255', '11.0.0.0', 'fd00::1', 'fe80::1'];
  expect(addresses.map(isIn)).toEqual([true, false, true, false]);
});

test.each([
  ['10.0.0.0/8', '10.255.255.252'],
  ['192.0.2.0/30', '192.0.2.3'],
  ['192.0.2.10/32', '192.0.2.10'],
  ['fd00::/8', 'fdff:ffff:ffff:ffff:ffff:ffff:ffff:fffc'],
  ['2001:db8::7/128', '2001:db8::7'],
])('a rare address of %s is %s', (cidr, address) => {
  expect(rareAddress(cidr)).toBe(address);
  expect(membership([cidr])(address)).toBe(true);
});

describe('isTheWorld', () => {
  it.each([
    [['0.0.0.0/0']],
    [['::/0']],
    [['0.0.0.0/1', '128.0.0.0/1']],
    [['64.0.0.0/3']],
    [['2000::/3']],
    [Array.from({ length: 16 }, (_, index) => `${index + 60}.0.0.0/8`)],
  ])('%j', (networks) => {
    expect(isTheWorld(networks)).toBe(true);
  });

  it.each([
    [[]],
    [['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', 'fc00::/7', 'fe80::/10']],
    [['203.0.113.0/24', '2001:db8::/32']],
    [['64.0.0.0/8', '64.0.0.0/8']],
  ])('%j is not', (networks) => {
    expect(isTheWorld(networks)).toBe(false);
  });
});
