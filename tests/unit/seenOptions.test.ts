import type Docker from 'dockerode';
import { optionsOf } from '../../operate/look';

/** What an engine says of a container that nobody gave a limit. */
const host: Partial<Docker.HostConfig> = {
  NetworkMode: 'bridge',
  ReadonlyRootfs: true,
  CapDrop: ['ALL'],
  SecurityOpt: ['no-new-privileges:true'],
  Tmpfs: { '/tmp': 'rw' },
  PortBindings: { '1883/tcp': [{ HostIp: '127.0.0.1', HostPort: '1884' }] },
  Binds: ['broker-configuration:/mosquitto/config:ro', 'broker-data:/mosquitto/data'],
  Memory: 268_435_456,
  MemorySwap: 536_870_912,
  NanoCpus: 0,
  CpuQuota: -1,
  CpuShares: 0,
  CpusetCpus: '',
  PidsLimit: null as unknown as number,
  Ulimits: [{ Name: 'nofile', Soft: 10, Hard: 20 }],
  RestartPolicy: { Name: 'unless-stopped' },
  LogConfig: { Type: 'json-file', Config: { 'max-size': '10m' } },
};

const seen = (changed: Partial<Docker.HostConfig> = {}) =>
  optionsOf({
    Name: '/broker',
    Image: 'sha256:image',
    Config: { User: '1883:1883', Cmd: ['mosquitto'] },
    HostConfig: { ...host, ...changed },
    NetworkSettings: { Networks: { bridge: {} } },
  } as unknown as Docker.ContainerInspectInfo);

describe('optionsOf', () => {
  it('reads what the engine says', () => {
    expect(seen()).toEqual({
      name: 'broker',
      image: 'sha256:image',
      user: '1883:1883',
      command: ['mosquitto'],
      readOnly: true,
      privileged: false,
      droppedCapabilities: ['ALL'],
      addedCapabilities: [],
      securityOptions: ['no-new-privileges:true'],
      tmpfs: { '/tmp': 'rw' },
      ports: [{ ip: '127.0.0.1', external: 1884, internal: 1883, protocol: 'tcp' }],
      networkMode: 'bridge',
      networks: ['bridge'],
      volumes: [
        { volumeName: 'broker-configuration', containerPath: '/mosquitto/config', readOnly: true },
        { volumeName: 'broker-data', containerPath: '/mosquitto/data', readOnly: false },
      ],
      memoryMebibytes: 256,
      memorySwapMebibytes: 512,
      quotas: [],
      ulimits: [{ name: 'nofile', soft: 10, hard: 20 }],
      restart: 'unless-stopped',
      logDriver: 'json-file',
      logOptions: { 'max-size': '10m' },
    });
  });

  it('reads a port that is published at several addresses, and one that is not', () => {
    const places = ['127.0.0.1', '::1'].map((HostIp) => ({ HostIp, HostPort: '1883' }));
    const { ports } = seen({ PortBindings: { '1883/tcp': places, '9001/tcp': null } });
    expect(ports.map(({ ip, internal }) => `${ip} ${internal}`)).toEqual(['127.0.0.1 1883', '::1 1883']);
  });

  it('reads what is said beside the mode of a volume', () => {
    expect(seen({ Binds: ['a:/b:z,ro'] }).volumes).toEqual([{ volumeName: 'a', containerPath: '/b', readOnly: true }]);
  });

  it.each<[Partial<Docker.HostConfig>, string]>([
    [{ NanoCpus: 500_000_000 }, '500000000 billionths of a processor'],
    [{ CpuQuota: 50_000 }, '50000 microseconds of processor'],
    [{ CpuShares: 2 }, '2 processor shares'],
    [{ CpusetCpus: '0' }, '0 as the only processors'],
    [{ CpusetCpus: '1-3' }, '1-3 as the only processors'],
    [{ PidsLimit: 10 }, '10 processes'],
  ])('sees the limit of %j', (changed, quota) => {
    expect(seen(changed).quotas).toEqual([quota]);
  });

  it.each([0, -1])('sees none in %d', (none) => {
    expect(seen({ NanoCpus: none, CpuQuota: none, CpuShares: none, PidsLimit: none }).quotas).toEqual([]);
  });

  it('bears an engine that says little', () => {
    expect(seen({ PortBindings: null, Binds: null as never, CapDrop: null, Ulimits: null as never })).toMatchObject({
      ports: [],
      volumes: [],
      droppedCapabilities: [],
      ulimits: [],
    });
  });
});
