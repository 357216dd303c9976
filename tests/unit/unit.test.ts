import type { ContainerModel } from '../../mosquitto/container';
import type { Listener } from '../../mosquitto/listeners';
import { isAsRecorded, recordOfUnit, renderUnit, serviceOptions, unitFile, unitName } from '../../mosquitto/unit';

const listener: Listener = {
  port: 8883,
  protocol: 'mqtt',
  clients: 'accounts',
  bindAddress: '0.0.0.0',
  tls: true,
  requireCertificate: false,
  useIdentityAsUsername: false,
  insecurePlaintext: false,
  unfiltered: false,
};
const model = (...ports: number[]): ContainerModel => ({
  containerName: 'broker',
  network: null,
  listeners: ports.map((port) => ({ ...listener, port })),
  limits: {
    maxConnections: 100,
    maxPacketSizeBytes: 2_000_000,
    maxQueuedMessages: 50_000,
    maxInflightMessages: 20,
    maxKeepaliveSeconds: 600,
    memoryLimitMebibytes: 512,
  },
  logging: { maxSizeMebibytes: 10, maxFiles: 3 },
});
const release = 'mosquitto 2.0.11-1.2+deb12u2';
const record = (...ports: number[]) => ({
  labels: { stack: 'prod' },
  options: serviceOptions(model(...ports), release),
});
const text = renderUnit(record(8883));

/** All behind the record. Looked at by people; each line is one that systemd 249 knows. */
const directives = `[Unit]
Description=Mosquitto MQTT broker broker
Documentation=man:mosquitto(8) man:mosquitto.conf(5)
Wants=network-online.target
After=network-online.target
RequiresMountsFor=/var/lib/aipi-mqtt
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/sbin/mosquitto -c /mosquitto/config/deployed/current/mosquitto.conf
User=1883
Group=1883
Restart=always
RestartSec=1
TimeoutStopSec=30
BindReadOnlyPaths=/var/lib/aipi-mqtt/broker-configuration:/mosquitto/config
BindPaths=/var/lib/aipi-mqtt/broker-data:/mosquitto/data
ReadWritePaths=/mosquitto/data
ReadOnlyPaths=/mosquitto/config
MemoryMax=1024M
MemorySwapMax=0
LimitNOFILE=1124:1124
UMask=0077
SyslogIdentifier=broker
LogRateLimitIntervalSec=0
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=yes
PrivateTmp=yes
PrivateDevices=yes
ProtectClock=yes
ProtectControlGroups=yes
ProtectHostname=yes
ProtectKernelLogs=yes
ProtectKernelModules=yes
ProtectKernelTunables=yes
RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
MemoryDenyWriteExecute=yes
RemoveIPC=yes
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM
CapabilityBoundingSet=
AmbientCapabilities=

[Install]
WantedBy=multi-user.target
`;

const lines = (unit: string, name: string) => unit.split('\n').filter((line) => line.startsWith(`${name}=`));

describe('a unit', () => {
  it('is confined as the container is, and sees its folders where the container does', () => {
    expect(text.split('\n').slice(1).join('\n')).toBe(directives);
  });

  it('has its name, and its place among those of the administrator', () => {
    expect([unitName('broker'), unitFile('broker')]).toEqual(['broker.service', '/etc/systemd/system/broker.service']);
  });

  it.each([
    [[80], ['CAP_NET_BIND_SERVICE']],
    [[1_023, 8_883], ['CAP_NET_BIND_SERVICE']],
    [[1_024], ['']],
  ])('on the ports %j has the capability for them alone', (ports, [capability]) => {
    const unit = renderUnit(record(...ports));
    expect(lines(unit, 'CapabilityBoundingSet')).toEqual([`CapabilityBoundingSet=${capability}`]);
    expect(lines(unit, 'AmbientCapabilities')).toEqual([`AmbientCapabilities=${capability}`]);
  });
});

describe('the record of a unit', () => {
  it('is read back as it was written', () => {
    expect(recordOfUnit(text)).toEqual(record(8883));
    expect(isAsRecorded(text)).toBe(true);
  });

  it('stands where the broker would be another one, too', () => {
    const { options } = record(8883);
    expect(options).toMatchObject({
      networkMode: 'host',
      networks: [],
      tmpfs: {},
      logDriver: 'journald',
      image: release,
    });
  });

  it.each([
    ['a directive is another one', text.replace('ProtectHome=yes', 'ProtectHome=no')],
    ['a directive is gone', text.replace('NoNewPrivileges=yes\n', '')],
    ['a directive is added', `${text}Alias=other.service\n`],
    [
      'the record itself is another one',
      text.replace('"readOnly":true', '"readOnly":false').replace('"stack":"prod"', '"stack" :"dev"'),
    ],
  ])('does not fit where %s by hand', (_, changed) => {
    expect(changed).not.toBe(text);
    expect(isAsRecorded(changed)).toBe(false);
  });

  it.each([
    '',
    '[Service]\nExecStart=/bin/true\n',
    '# aipi-mqtt: {',
    '# aipi-mqtt: {"labels":{}}',
    '# aipi-mqtt: null',
  ])('is none in %j', (other) => {
    expect(recordOfUnit(other)).toBeUndefined();
    expect(isAsRecorded(other)).toBe(false);
  });
});
