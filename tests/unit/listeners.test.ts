import { defaultsOf } from '../../mosquitto/configKey';
import {
  endpoint,
  isLoopback,
  type Listener,
  listenerKeys,
  listenerName,
  localAddress,
  publishedAddresses,
  scheme,
} from '../../mosquitto/listeners';

function listener(fields: Partial<Listener>): Listener {
  return {
    port: 1883,
    protocol: 'mqtt',
    clients: 'accounts',
    bindAddress: '127.0.0.1',
    tls: false,
    ...defaultsOf(listenerKeys),
    insecurePlaintext: false,
    unfiltered: false,
    ...fields,
  };
}

describe('scheme and listenerName', () => {
  it.each([
    [{ protocol: 'mqtt', tls: false, port: 1883 }, 'mqtt'],
    [{ protocol: 'mqtt', tls: true, port: 8883 }, 'mqtts'],
    [{ protocol: 'websockets', tls: false, port: 9001 }, 'ws'],
    [{ protocol: 'websockets', tls: true, port: 9001 }, 'wss'],
  ] as const)('%j: %s', (fields, expected) => {
    expect(scheme(listener(fields))).toBe(expected);
    expect(listenerName(listener(fields))).toBe(`${expected}-${fields.port}`);
  });
});

describe('isLoopback', () => {
  it.each([
    ['127.0.0.1', true],
    ['127.1.2.3', true],
    ['::1', true],
    ['0.0.0.0', false],
    ['::', false],
    ['12.7.0.1', false],
    ['192.0.2.10', false],
    ['2001:db8::1', false],
  ])('%s: %s', (bindAddress, expected) => {
    expect(isLoopback(listener({ bindAddress }))).toBe(expected);
  });
});

describe('publishedAddresses', () => {
  it('has each address of each listener', () => {
    const listeners = [listener({ bindAddress: ['127.0.0.1', '::1'] }), listener({ port: 1884 })];
    expect(publishedAddresses(listeners)).toEqual([
      { port: 1883, bindAddress: '127.0.0.1' },
      { port: 1883, bindAddress: '::1' },
      { port: 1884, bindAddress: '127.0.0.1' },
    ]);
    expect(listeners.map(isLoopback)).toEqual([true, true]);
    expect(isLoopback(listener({ bindAddress: ['127.0.0.1', '::'] }))).toBe(false);
  });
});

describe('localAddress', () => {
  it.each([
    ['0.0.0.0', '127.0.0.1'],
    ['::', '::1'],
    ['127.0.0.1', '127.0.0.1'],
    ['192.0.2.10', '192.0.2.10'],
  ])('of %s is %s', (bindAddress, expected) => {
    expect(localAddress(bindAddress)).toBe(expected);
  });
});

describe('endpoint', () => {
  it.each<[string, Partial<Listener>, string | undefined, string]>([
    ['plain on this machine', {}, undefined, 'mqtt://127.0.0.1:1883'],
    ['plain on this machine, although the server has a name', {}, 'mqtt.example.org', 'mqtt://127.0.0.1:1883'],
    ['TLS by name', { port: 8883, tls: true, bindAddress: '0.0.0.0' }, 'a.example', 'mqtts://a.example:8883'],
    ['TLS on this machine by name', { port: 8883, tls: true }, 'a.example', 'mqtts://a.example:8883'],
    [
      'WebSockets by address',
      { port: 9001, protocol: 'websockets', tls: true, bindAddress: '0.0.0.0' },
      '192.0.2.10',
      'wss://192.0.2.10:9001',
    ],
    ['IPv6 in brackets', { port: 8883, tls: true, bindAddress: '::' }, '2001:db8::10', 'mqtts://[2001:db8::10]:8883'],
    [
      'one of several by what others reach',
      { bindAddress: ['127.0.0.1', '192.0.2.10'] },
      undefined,
      'mqtt://192.0.2.10:1883',
    ],
    ['all of IPv4 and IPv6', { bindAddress: ['0.0.0.0', '::'] }, undefined, 'mqtt://127.0.0.1:1883'],
    ['plain beyond this machine by name', { bindAddress: '0.0.0.0' }, 'a.example', 'mqtt://a.example:1883'],
    ['plain beyond this machine without name', { bindAddress: '0.0.0.0' }, undefined, 'mqtt://127.0.0.1:1883'],
    ['IPv6 loopback', { bindAddress: '::1' }, undefined, 'mqtt://[::1]:1883'],
  ])('%s', (_, fields, serverName, expected) => {
    expect(endpoint(listener(fields), serverName)).toBe(expected);
  });
});
