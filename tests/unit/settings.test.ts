import { defaultsOf } from '../../mosquitto/configKey';
import { type Listener, listenerKeys } from '../../mosquitto/listeners';
import { readSettings, SettingsError } from '../../settings';
import { defaults, listenerWith, problemsOf, project, rawConfig, settingsOf } from './rawConfig';

const local: Omit<Listener, 'port' | 'protocol'> = {
  ...defaultsOf(listenerKeys),
  bindAddress: '127.0.0.1',
  tls: false,
  insecurePlaintext: false,
  firewall: null,
  unfiltered: false,
  clients: 'accounts',
};

describe('the defaults of Pulumi.yaml', () => {
  const settings = settingsOf();

  it('answer on this machine only', () => {
    expect(settings.listeners).toEqual([
      { ...local, port: 1883, protocol: 'mqtt' },
      { ...local, port: 9001, protocol: 'websockets' },
      { ...local, port: 1884, protocol: 'mqtt', clients: 'devices' },
    ]);
  });

  it('hold the accounts of AIPI', () => {
    expect(settings.accounts).toEqual([
      { username: 'aisa_server', generation: 1, rules: [{ access: 'readwrite', topic: '#' }] },
      {
        username: 'aisa_rpi',
        generation: 1,
        rules: [
          { access: 'read', topic: 'device/control' },
          { access: 'write', topic: 'device/+/data' },
          { access: 'write', topic: 'device/+/status' },
          { access: 'read', topic: 'langchain/process/+' },
          { access: 'write', topic: 'langchain/response/+' },
        ],
      },
    ]);
  });

  it('hold no device, and one role with the topics of AIPI', () => {
    expect(settings).toMatchObject({ devices: [], inlineDevices: [], devicesFile: undefined });
    expect(settings.roles).toEqual([
      {
        name: 'device',
        rules: [
          { access: 'write', topic: 'device/{id}/data' },
          { access: 'write', topic: 'device/{id}/status' },
          { access: 'write', topic: 'langchain/response/{id}' },
          { access: 'write', topic: 'system/alerts/{id}' },
          { access: 'read', topic: 'device/control' },
          { access: 'read', topic: 'langchain/process/{id}' },
          { access: 'read', topic: 'system/server/status' },
        ],
      },
    ]);
    expect(settings).toMatchObject({ maxRevokedDevicesPercent: 20, deviceSecretGeneration: 1 });
  });

  it('lose no acknowledged message', () => {
    expect(settings.persistence).toMatchObject({
      persistence: true,
      persistenceFlushPeriodSeconds: 0,
      persistenceSync: 'full',
      persistentClientExpirationDays: 30,
    });
  });

  it('use the engine of the environment and a container named after the stack', () => {
    expect(settings.dockerHost).toBeUndefined();
    expect(settings.containerName).toBe('aipi-mqtt-dev');
    expect(settings.image).toBe('eclipse-mosquitto:2.1.2');
    expect(settings.retainDataOnDestroy).toBe(false);
  });
});

describe('readSettings', () => {
  it('takes every value of the stack', () => {
    const settings = settingsOf({
      listeners: [
        { port: 8883, protocol: 'mqtt', bindAddress: '0.0.0.0', tls: true },
        { port: 8884, clients: 'devices' },
      ],
      dnsNames: ['mqtt.example.org'],
      ipAddresses: ['192.0.2.10', '2001:db8::10'],
      accounts: [{ username: 'monitor', topics: ['read $SYS/#', 'deny a b/c'], generation: 3 }],
      devices: ['pi-2', { id: 'pi-1', generation: 2, role: 'sensor', metadata: { room: 'hall' } }],
      roles: [
        { name: 'sensor', topics: ['write a/{id}'] },
        { name: 'device', topics: [] },
      ],
      maxRevokedDevicesPercent: 5,
      deviceSecretGeneration: 6,
      maxConnections: 20,
      maxPacketSizeBytes: 2_048,
      maxQueuedMessages: 30,
      maxInflightMessages: 40,
      maxKeepaliveSeconds: 50,
      memoryLimitMebibytes: 64,
      persistence: false,
      persistenceFlushPeriodSeconds: 5,
      persistenceSync: 'normal',
      persistentClientExpirationDays: 7,
      logTypes: ['error', 'information'],
      connectionMessages: false,
      logMaxSizeMebibytes: 3,
      logMaxFiles: 4,
      extraOptions: ['sys_interval 60'],
      image: 'registry.example:5000/mosquitto:2.1.2',
      dockerHost: 'ssh://admin@server.example',
      containerName: 'broker',
      retainDataOnDestroy: true,
    });
    expect(settings).toMatchObject({
      listeners: [
        { ...local, port: 8883, protocol: 'mqtt', bindAddress: '0.0.0.0', tls: true },
        { ...local, port: 8884, protocol: 'mqtt', clients: 'devices' },
      ],
      dnsNames: ['mqtt.example.org'],
      ipAddresses: ['192.0.2.10', '2001:db8::10'],
      accounts: [
        {
          username: 'monitor',
          generation: 3,
          rules: [
            { access: 'read', topic: '$SYS/#' },
            { access: 'deny', topic: 'a b/c' },
          ],
        },
      ],
      devices: [
        { id: 'pi-1', generation: 2, role: 'sensor', metadata: { room: 'hall' } },
        { id: 'pi-2', generation: 1, role: 'device', metadata: {} },
      ],
      roles: [
        { name: 'sensor', rules: [{ access: 'write', topic: 'a/{id}' }] },
        { name: 'device', rules: [] },
      ],
      maxRevokedDevicesPercent: 5,
      deviceSecretGeneration: 6,
      limits: {
        maxConnections: 20,
        maxPacketSizeBytes: 2_048,
        maxQueuedMessages: 30,
        maxInflightMessages: 40,
        maxKeepaliveSeconds: 50,
        memoryLimitMebibytes: 64,
      },
      persistence: {
        persistence: false,
        persistenceFlushPeriodSeconds: 5,
        persistenceSync: 'normal',
        persistentClientExpirationDays: 7,
      },
      logging: {
        logTypes: ['error', 'information'],
        connectionMessages: false,
        maxSizeMebibytes: 3,
        maxFiles: 4,
      },
      extraOptions: ['sys_interval 60'],
      image: 'registry.example:5000/mosquitto:2.1.2',
      dockerHost: 'ssh://admin@server.example',
      containerName: 'broker',
      retainDataOnDestroy: true,
    });
  });

  it('gives a listener of a port alone the safe rest', () => {
    expect(settingsOf({ listeners: [{ port: 1884 }] }).listeners).toEqual([{ ...local, port: 1884, protocol: 'mqtt' }]);
  });

  it('accepts plain text over the network only where it is asked for by name', () => {
    expect(problemsOf(listenerWith({ bindAddress: '0.0.0.0', insecurePlaintext: true }))).toEqual([]);
    expect(problemsOf(listenerWith({ bindAddress: '0.0.0.0' }))).toHaveLength(1);
  });

  it.each([{ dnsNames: ['a.example'] }, { ipAddresses: ['192.0.2.10'] }])('accepts TLS with %j', (names) => {
    expect(problemsOf({ ...listenerWith({ tls: true }), ...names })).toEqual([]);
  });

  it('uses the stack for the name of the container, and for nothing else', () => {
    const { containerName, ...dev } = settingsOf({}, 'dev');
    const { containerName: other, ...prod } = settingsOf({}, 'prod');
    expect([containerName, other]).toEqual(['aipi-mqtt-dev', 'aipi-mqtt-prod']);
    expect(dev).toEqual(prod);
  });

  it('leaves the keys of other namespaces alone', () => {
    const raw = { ...rawConfig(), 'docker:host': 'tcp://elsewhere', 'aipi-mqtt-other:listeners': '7' };
    expect(readSettings(project, 'dev', raw).listeners).toHaveLength(3);
  });

  it('knows every key of Pulumi.yaml, and no other', () => {
    const rejected = Object.keys(defaults()).filter((key) => problemsOf({ [key]: { nonsense: true } }).length === 0);
    expect(rejected).toEqual([]);
    expect(problemsOf({})).toEqual([]);
  });

  it('throws one error whose message is all that a person needs', () => {
    const read = () => settingsOf({ maxConnections: 0, dnsNames: 'x' });
    expect(read).toThrow(SettingsError);
    expect(read).toThrow(
      [
        'The configuration of this stack cannot be used:',
        '  maxConnections: 0 cannot be used; write a whole number from 10 to 1000000 (verification alone opens several connections)',
        '  dnsNames: "x" cannot be used; write a list',
      ].join('\n'),
    );
  });
});
