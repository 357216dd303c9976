import {
  containerNameProblem,
  dnsNameProblem,
  dockerHostProblem,
  imageProblem,
  ipAddressProblem,
} from '../../mosquitto/hosts';

const refused = expect.stringMatching(/^.+; .+$/);

describe('dnsNameProblem', () => {
  it.each(['mqtt.example.org', 'aipi-mqtt.local', 'localhost', 'a', '3com.example', 'a'.repeat(63)])(
    'accepts %j',
    (name) => {
      expect(dnsNameProblem(name)).toBeUndefined();
    },
  );

  it.each([
    '',
    'mqtt example.org',
    'mqtt.example.org\n',
    'a..b',
    '.a',
    'a.',
    '-a.example',
    'a-.example',
    'under_score.example',
    '*.example.org',
    'https://example.org',
    'example.org:8883',
    'a'.repeat(64),
    `${'a.'.repeat(127)}aa`,
    'münchen.example',
    '192.168.1.300',
  ])('refuses %j', (name) => {
    expect(dnsNameProblem(name)).toEqual(refused);
  });

  it.each(['192.0.2.10', '2001:db8::10'])('sends the address %s to its own key', (address) => {
    expect(dnsNameProblem(address)).toBe('is an IP address; write it into "ipAddresses"');
  });
});

describe('ipAddressProblem', () => {
  it.each(['192.0.2.10', '127.0.0.1', '0.0.0.0', '::1', '2001:db8::10'])('accepts %j', (address) => {
    expect(ipAddressProblem(address)).toBeUndefined();
  });

  it.each([
    '',
    '192.0.2',
    '192.0.2.256',
    '192.0.2.10/24',
    ' 192.0.2.10',
    'localhost',
    '1::2::3',
    '[::1]',
    'fe80::1%eth0',
  ])('refuses %j', (address) => {
    expect(ipAddressProblem(address)).toBe('is not an IP address; write for example 192.0.2.10 or 2001:db8::10');
  });
});

describe('imageProblem', () => {
  const digest = `sha256:${'0'.repeat(64)}`;

  it.each([
    'eclipse-mosquitto:2.1.2',
    `eclipse-mosquitto@${digest}`,
    `eclipse-mosquitto:2.1.2@${digest}`,
    'localhost:5000/mirror/eclipse-mosquitto:2.1.2',
    'ghcr.io/a/b:1',
  ])('accepts %j', (reference) => {
    expect(imageProblem(reference)).toBeUndefined();
  });

  it.each([
    'eclipse-mosquitto',
    'eclipse-mosquitto:latest',
    'eclipse-mosquitto:',
    'localhost:5000/eclipse-mosquitto',
    '',
    'eclipse-mosquitto:2.1.2\n',
    'eclipse mosquitto:2.1.2',
    '--privileged',
    'eclipse-mosquitto@sha256:abc',
    'eclipse-mosquitto:2.1:2',
    'eclipse-Mosquitto:2.1.2',
  ])('refuses %j', (reference) => {
    expect(imageProblem(reference)).toEqual(refused);
  });
});

describe('dockerHostProblem', () => {
  it.each(['unix:///var/run/docker.sock', 'tcp://192.0.2.10:2376', 'ssh://admin@server', 'ssh://admin@[2001:db8::1]'])(
    'accepts %j',
    (host) => {
      expect(dockerHostProblem(host)).toBeUndefined();
    },
  );

  it.each(['server', '/var/run/docker.sock', 'unix://', 'tcp://', 'ssh://', 'http://server', 'ssh://a b', 'ssh://a\n'])(
    'refuses %j',
    (host) => {
      expect(dockerHostProblem(host)).toEqual(refused);
    },
  );

  it.each(['tcp://[', 'tcp://server:99999', 'ssh://admin@'])('refuses %j, which is no URL', (host) => {
    expect(dockerHostProblem(host)).toEqual(refused);
  });
});

describe('containerNameProblem', () => {
  it.each(['aipi-mqtt-dev', 'a1', 'A_b.c', 'a'.repeat(63)])('accepts %j', (name) => {
    expect(containerNameProblem(name)).toBeUndefined();
  });

  it.each(['', 'a', '-a', '.a', 'a b', 'a/b', 'a\n', 'é1', 'a'.repeat(64)])('refuses %j', (name) => {
    expect(containerNameProblem(name)).toEqual(refused);
  });
});
