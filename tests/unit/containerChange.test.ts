import { networkWords, optionChanges } from '../../change/container';
import { type ContainerModel, containerOptions, severalAddresses } from '../../mosquitto/container';
import type { Listener } from '../../mosquitto/listeners';

const listener: Listener = {
  port: 1883,
  protocol: 'mqtt',
  clients: 'accounts',
  bindAddress: '127.0.0.1',
  tls: false,
  requireCertificate: false,
  useIdentityAsUsername: false,
  insecurePlaintext: false,
  unfiltered: false,
};
const model: ContainerModel = {
  containerName: 'broker',
  network: null,
  listeners: [listener],
  limits: {
    maxConnections: 100,
    maxPacketSizeBytes: 2_000_000,
    maxQueuedMessages: 50_000,
    maxInflightMessages: 20,
    maxKeepaliveSeconds: 600,
    memoryLimitMebibytes: 512,
  },
  logging: { maxSizeMebibytes: 10, maxFiles: 3 },
};
const restartDigest = 'digest';
const deployed = {
  id: 'one',
  image: 'image:1',
  restartDigest,
  madeAt: 0,
  options: containerOptions(model, 'sha256:one'),
};
const nothing = { restart: [], live: [], cautions: [], isImageMoved: false, isUnapplied: false };

const changes = (changed: Partial<ContainerModel>, image = 'image:1', id = 'sha256:one') =>
  optionChanges(containerOptions({ ...model, ...changed }, id), image, restartDigest, deployed);

const wayBack = expect.stringMatching(/not known; save the volume broker-data first, or there may be no way back/);

describe('optionChanges', () => {
  it('are none where the settings are the same, and where nothing is deployed', () => {
    expect(changes({})).toEqual(nothing);
    expect(optionChanges(containerOptions(model, ''), 'image:1', restartDigest, undefined)).toEqual(nothing);
  });

  it('say that a reference names another image by now', () => {
    expect(changes({}, 'image:1', 'sha256:two')).toEqual({
      restart: ['image: image:1 is another one by now'],
      cautions: [wayBack],
      live: [],
      isImageMoved: true,
      isUnapplied: false,
    });
  });

  it('say which image takes the place of which, but not of the same one under another name', () => {
    expect(changes({}, 'image:2', 'sha256:two')).toEqual({
      ...nothing,
      restart: ['image: image:2 in place of image:1'],
      cautions: [wayBack],
    });
    expect(changes({}, 'image:2')).toEqual(nothing);
  });

  it.each<[string, Partial<ContainerModel>, string]>([
    [
      'log files',
      { logging: { maxSizeMebibytes: 10, maxFiles: 7 } },
      'log options: max-file=7, max-size=10m in place of max-file=3, max-size=10m',
    ],
    [
      'a bind address',
      { listeners: model.listeners.map((listener) => ({ ...listener, bindAddress: '0.0.0.0' })) },
      'ports: 0.0.0.0:1883:1883/tcp in place of 127.0.0.1:1883:1883/tcp',
    ],
    [
      'connections',
      { limits: { ...model.limits, maxConnections: 200 } },
      'open files: nofile=1224:1224 in place of nofile=1124:1124',
    ],
  ])('say what only a new container gets: %s', (_name, changed, line) => {
    expect(changes(changed)).toEqual({ ...nothing, restart: [line] });
  });

  it.each([
    ['for other options of mosquitto.conf', 'another digest'],
    ['by a version that did not write for which', undefined],
  ])('say that a container was made %s', (_name, found) => {
    const other = { ...deployed, restartDigest: found };
    const { isUnapplied } = optionChanges(containerOptions(model, 'sha256:one'), 'image:1', restartDigest, other);
    expect(isUnapplied).toBe(true);
  });

  it('take no container out of the default network of Docker before its next restart, and say that it is there', () => {
    const kept = { ...deployed, options: { ...deployed.options, networkMode: 'bridge', networks: ['bridge'] } };
    const of = (changed: Partial<ContainerModel>) =>
      optionChanges(containerOptions({ ...model, ...changed }, 'sha256:one'), 'image:1', restartDigest, kept).restart;
    expect(of({})).toEqual([]);
    expect(of({ network: 'aipi' })).toEqual(['networks: aipi, broker in place of broker']);
    expect(networkWords(kept, false)).toEqual([expect.stringContaining("broker is still in Docker's default network")]);
    expect(networkWords(kept, true)).toEqual([expect.stringContaining("broker leaves Docker's default network")]);
    expect([...networkWords(deployed, true), ...networkWords(undefined, false)]).toEqual([]);
  });

  it('keep apart what a container gets while it runs', () => {
    expect(changes({ limits: { ...model.limits, memoryLimitMebibytes: 1_024 } })).toEqual({
      ...nothing,
      live: ['memory in MiB: 2048 in place of 1024', 'memory and swap in MiB: 2048 in place of 1024'],
    });
  });
});

describe('severalAddresses', () => {
  const portsOf = (...addresses: Array<string | string[]>) =>
    containerOptions(
      { ...model, listeners: addresses.map((bindAddress, at) => ({ ...listener, port: 1883 + at, bindAddress })) },
      '',
    ).ports;

  it('are none where each port has one address, as before there were several', () => {
    expect(severalAddresses(portsOf('127.0.0.1', ['::1']))).toBeUndefined();
  });

  it('are told in an order that does not depend on how they are written', () => {
    const words = '127.0.0.1:1883:1883/tcp, ::1:1883:1883/tcp';
    expect(severalAddresses(portsOf(['127.0.0.1', '::1']))).toBe(words);
    expect(severalAddresses(portsOf(['::1', '127.0.0.1']))).toBe(words);
  });
});
