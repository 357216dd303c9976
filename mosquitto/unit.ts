/**
 * The unit of systemd that runs a broker on a machine without Docker: what it is made with, and what of that is read back.
 *
 * The broker sees its files where the official image has them, by mounts of its unit, so that the same files serve both.
 * Only directives that systemd 249 knows are written. Source: systemd.exec(5), systemd.service(5).
 */

import type { ContainerModel, ContainerOptions } from './container';
import { containerOptions } from './container';
import { configurationMount, dataMount } from './files';
import { serviceRoot } from './layout';

/** Labels in place of those of a container, and the options that it would have. */
export interface UnitRecord {
  labels: Readonly<Record<string, string>>;
  options: ContainerOptions;
}

/** Begins the line that holds the record. */
const recordMark = '# aipi-mqtt: ';

/** Ports below this one are root's, without a capability. Source: ip_unprivileged_port_start of ip-sysctl. */
const firstOpenPort = 1_024;

/** How systemd runs again what has ended: always, as an engine does that was not told to stop it. */
const restart = 'always';

/** Name of a broker's unit. */
export function unitName(name: string): string {
  return `${name}.service`;
}

/** Absolute path of a broker's unit. */
export function unitFile(name: string): string {
  return `/etc/systemd/system/${unitName(name)}`;
}

/**
 * The options of a broker as a service, in the words of a container.
 *
 * @param release id of the installed Mosquitto, in place of that of an image
 */
export function serviceOptions(model: ContainerModel, release: string): ContainerOptions {
  return {
    ...containerOptions(model, release),
    tmpfs: {},
    networkMode: 'host',
    networks: [],
    restart,
    logDriver: 'journald',
    logOptions: {},
  };
}

/** The text of a unit. */
export function renderUnit({ labels, options }: UnitRecord): string {
  const { name, user, command, ports, volumes, memoryMebibytes, ulimits } = options;
  const [id = ''] = user.split(':');
  const binds = volumes.map(({ volumeName, containerPath, readOnly }) => {
    const directive = readOnly ? 'BindReadOnlyPaths' : 'BindPaths';
    return `${directive}=${serviceRoot}/${volumeName}:${containerPath}`;
  });
  const isLow = ports.some(({ external }) => external < firstOpenPort);
  const capabilities = isLow ? 'CAP_NET_BIND_SERVICE' : '';
  return [
    `${recordMark}${JSON.stringify({ labels, options })}`,
    '[Unit]',
    `Description=Mosquitto MQTT broker ${name}`,
    'Documentation=man:mosquitto(8) man:mosquitto.conf(5)',
    'Wants=network-online.target',
    'After=network-online.target',
    `RequiresMountsFor=${serviceRoot}`,
    'StartLimitIntervalSec=0',
    '',
    '[Service]',
    `ExecStart=${command.join(' ')}`,
    `User=${id}`,
    `Group=${id}`,
    `Restart=${restart}`,
    'RestartSec=1',
    'TimeoutStopSec=30',
    ...binds,
    `ReadWritePaths=${dataMount}`,
    `ReadOnlyPaths=${configurationMount}`,
    `MemoryMax=${memoryMebibytes}M`,
    'MemorySwapMax=0',
    ...ulimits.map(({ soft, hard }) => `LimitNOFILE=${soft}:${hard}`),
    'UMask=0077',
    `SyslogIdentifier=${name}`,
    'LogRateLimitIntervalSec=0',
    ...confinement,
    `CapabilityBoundingSet=${capabilities}`,
    `AmbientCapabilities=${capabilities}`,
    '',
    '[Install]',
    'WantedBy=multi-user.target',
    '',
  ].join('\n');
}

/** No root, no new privileges, nothing to write but its data, as the container is confined. */
const confinement = [
  'NoNewPrivileges=yes',
  'ProtectSystem=strict',
  'ProtectHome=yes',
  'PrivateTmp=yes',
  'PrivateDevices=yes',
  'ProtectClock=yes',
  'ProtectControlGroups=yes',
  'ProtectHostname=yes',
  'ProtectKernelLogs=yes',
  'ProtectKernelModules=yes',
  'ProtectKernelTunables=yes',
  'RestrictAddressFamilies=AF_INET AF_INET6 AF_UNIX',
  'RestrictNamespaces=yes',
  'RestrictRealtime=yes',
  'RestrictSUIDSGID=yes',
  'LockPersonality=yes',
  'MemoryDenyWriteExecute=yes',
  'RemoveIPC=yes',
  'SystemCallArchitectures=native',
  'SystemCallFilter=@system-service',
  'SystemCallErrorNumber=EPERM',
];

/** What a unit's text records; undefined where it is none of this program. */
export function recordOfUnit(text: string): UnitRecord | undefined {
  const line = text.split('\n').find((each) => each.startsWith(recordMark));
  if (line === undefined) return undefined;
  try {
    const { labels, options } = JSON.parse(line.slice(recordMark.length)) as Partial<UnitRecord>;
    return labels === undefined || options === undefined ? undefined : { labels, options };
  } catch {
    return undefined;
  }
}

/** Whether the text is what its record makes: somebody may have changed a directive by hand. */
export function isAsRecorded(text: string): boolean {
  const record = recordOfUnit(text);
  return record !== undefined && renderUnit(record) === text;
}
