import { boundAddresses, renderConfiguration } from '../../mosquitto/configuration';
import { currentFolder, fileNameIn, pathOf } from '../../mosquitto/files';
import { imageLayout, type Layout } from '../../mosquitto/layout';
import { type Binding, type Listener, listenerHeads } from '../../mosquitto/listeners';
import { releaseOf } from '../../mosquitto/release';
import { restartDigest } from '../../mosquitto/render';
import { settingsOf } from './rawConfig';

const layout: Layout = {
  configuration: '/var/lib/aipi-mqtt/garden/configuration',
  data: '/var/lib/aipi-mqtt/garden/data',
  plugins: '/usr/lib/x86_64-linux-gnu',
  program: '/usr/sbin/mosquitto',
  log: 'stderr',
};
const settings = settingsOf({
  listeners: [
    { port: 1883, bindAddress: ['::1', '127.0.0.1'] },
    { port: 8883, bindAddress: ['0.0.0.0', '::'], tls: true },
  ],
  dnsNames: ['a.example'],
});

describe('a layout', () => {
  it('says where the image has its files where nothing else is said', () => {
    expect(pathOf('acl')).toBe('/mosquitto/config/deployed/current/acl');
    expect(pathOf('acl', imageLayout)).toBe(`${currentFolder}/acl`);
  });

  it('says where a service has its own', () => {
    expect(pathOf('acl', layout)).toBe('/var/lib/aipi-mqtt/garden/configuration/deployed/current/acl');
    expect(layout.data).toBe('/var/lib/aipi-mqtt/garden/data');
  });

  it('is not needed to know the name of a file that is read from it', () => {
    expect([pathOf('acl'), pathOf('acl', layout)].map(fileNameIn)).toEqual(['acl', 'acl']);
    expect(fileNameIn('/usr/lib/mosquitto_acl_file.so')).toBeUndefined();
  });

  it('puts every path of the configuration into the folders of the service', () => {
    const text = renderConfiguration({ ...settings, layout });
    expect(text).toContain('/var/lib/aipi-mqtt/garden/');
    expect(text).toContain('/usr/lib/x86_64-linux-gnu/mosquitto_acl_file.so');
    expect(text).not.toContain('/mosquitto/');
    expect(text).not.toContain('/usr/lib/mosquitto');
  });
});

describe('listenerHeads', () => {
  const [loopback, open] = settings.listeners;
  const heads = (listener = loopback, binding: Binding = 'bound', version = '2.1.2') =>
    listenerHeads(listener ?? fail(), binding, releaseOf(version)).map((lines) =>
      lines.map(({ option, value }) => `${option} ${value}`),
    );
  const webSockets = (bindAddress: string | string[]): Listener => ({
    ...(loopback ?? fail()),
    protocol: 'websockets',
    bindAddress,
  });

  it('leaves the addresses to the engine that publishes a port', () => {
    expect(heads(open, 'published')).toEqual([['listener 8883', 'protocol mqtt']]);
  });

  it.each(['2.0.11', '2.0.21', '2.1.2'])('binds each address where there is none, with %s', (version) => {
    expect(heads(loopback, 'bound', version)).toEqual([
      ['listener 1883 127.0.0.1', 'protocol mqtt'],
      ['listener 1883 ::1', 'protocol mqtt'],
    ]);
    expect(heads(open, 'bound', version).map(([first]) => first)).toEqual([
      'listener 8883 0.0.0.0',
      'listener 8883 ::',
    ]);
  });

  it('names the family of WebSockets to Mosquitto 2.0, which would answer on every address without it', () => {
    expect(heads(webSockets(['127.0.0.1', '::1']), 'bound', '2.0.11')).toEqual([
      ['listener 1883 127.0.0.1', 'protocol websockets', 'socket_domain ipv4'],
      ['listener 1883 ::1', 'protocol websockets', 'socket_domain ipv6'],
    ]);
    expect(heads(webSockets('0.0.0.0'), 'bound', '2.1.2')).toEqual([['listener 1883 0.0.0.0', 'protocol websockets']]);
  });

  it('gives both families one socket where they could not have one each', () => {
    const all = webSockets(['0.0.0.0', '::']);
    expect(heads(all, 'bound', '2.0.11')).toEqual([['listener 1883', 'protocol websockets']]);
    expect(heads(all, 'bound', '2.1.2')).toHaveLength(2);
  });
});

describe('a broker that binds its addresses', () => {
  const bound = { ...settings, binding: 'bound' } as const;
  const text = renderConfiguration(bound);

  it('has a whole listener for each of them', () => {
    const blocks = text.split('\n\n').filter((block) => block.startsWith('listener '));
    expect(blocks).toHaveLength(4);
    for (const block of blocks) expect(block).toContain('plugin_use accounts_acl_file');
    expect(blocks.filter((block) => block.includes('certfile'))).toHaveLength(2);
  });

  it('is read back with them, and one that is published with all of the container', () => {
    expect(boundAddresses(text)).toEqual([
      { port: 1883, address: '127.0.0.1' },
      { port: 1883, address: '::1' },
      { port: 8883, address: '0.0.0.0' },
      { port: 8883, address: '::' },
    ]);
    expect(boundAddresses('listener 1883\n').map(({ address }) => address)).toEqual(['0.0.0.0', '::']);
  });

  it('needs a restart for another address, which does not depend on the order they are written in', () => {
    const narrower = settingsOf({ listeners: [{ port: 1883, bindAddress: '127.0.0.1' }] });
    expect(restartDigest({ ...narrower, binding: 'bound' })).not.toBe(restartDigest(bound));
    const turned = settings.listeners.map((each) => ({ ...each, bindAddress: [...each.bindAddress].reverse() }));
    expect(restartDigest({ ...bound, listeners: turned })).toBe(restartDigest(bound));
  });
});

function fail(): never {
  throw new Error('no listener');
}
