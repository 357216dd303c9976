/** What systemd says of a broker's unit, in the shape in which an engine says it of a container. */

import { createHash } from 'node:crypto';
import type Docker from 'dockerode';
import type { ContainerOptions } from '../../mosquitto/container';
import { configurationMount, configurationVolume, dataMount, dataVolume } from '../../mosquitto/files';
import { isAsRecorded, recordOfUnit, type UnitRecord } from '../../mosquitto/unit';
import { folderOf, type Mounted } from './folders';

/** Properties that are asked for. Source: org.freedesktop.systemd1(5). */
export const properties = [
  'ActiveState',
  'DropInPaths',
  'ExecMainStartTimestamp',
  'ExecMainStatus',
  'FreezerState',
  'LimitNOFILE',
  'LimitNOFILESoft',
  'LoadState',
  'MainPID',
  'MemoryMax',
  'NRestarts',
  'NoNewPrivileges',
  'Restart',
  'SubState',
  'User',
] as const;

export type Properties = Readonly<Record<string, string>>;

/** Name to value. */
export function propertiesIn(said: string): Properties {
  const entries = said.split('\n').map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)];
  });
  return Object.fromEntries(entries);
}

/** The folders that a broker sees. */
export function mountsOf(name: string): Mounted[] {
  return [
    { source: folderOf(configurationVolume(name)), destination: configurationMount, readOnly: true },
    { source: folderOf(dataVolume(name)), destination: dataMount, readOnly: false },
  ];
}

const mebibyte = 2 ** 20;

/**
 * A broker's unit as an engine would say it.
 *
 * @param text of the unit's file
 */
export function infoOf(name: string, text: string, said: Properties): Docker.ContainerInspectInfo {
  const record = recordOfUnit(text);
  const options = effective(record?.options, text, said);
  const isRestarting = said.SubState === 'auto-restart';
  const pid = Number(said.MainPID ?? 0);
  const info = {
    Id: unitId(record),
    Name: `/${name}`,
    Image: options?.image ?? '',
    RestartCount: Number(said.NRestarts ?? 0),
    State: {
      Running: pid > 0 && said.ActiveState === 'active',
      Paused: said.FreezerState === 'frozen',
      Restarting: isRestarting,
      Pid: pid,
      ExitCode: Number(said.ExecMainStatus ?? 0),
      Error: '',
      StartedAt: timeOf(said.ExecMainStartTimestamp),
    },
    Config: {
      Labels: record?.labels ?? {},
      Image: options?.image ?? '',
      User: options?.user ?? '',
      Cmd: options?.command ?? [],
    },
    HostConfig: options === undefined ? {} : hostConfig(options),
    Mounts: mountsOf(name).map(({ source, destination, readOnly }) => ({
      Type: 'volume',
      Name: source.slice(source.lastIndexOf('/') + 1),
      Source: source,
      Destination: destination,
      RW: !readOnly,
    })),
    NetworkSettings: { Networks: {} },
  };
  return info as unknown as Docker.ContainerInspectInfo;
}

/** One that was changed by hand is still the same one. */
export function unitId(record: UnitRecord | undefined): string {
  return createHash('sha256')
    .update(JSON.stringify(record ?? {}))
    .digest('hex');
}

/** What is in force in place of what was written: somebody may have put a file beside the unit, or set a property. */
function effective(
  recorded: ContainerOptions | undefined,
  text: string,
  said: Properties,
): ContainerOptions | undefined {
  if (recorded === undefined) return undefined;
  const [id = ''] = recorded.user.split(':');
  const hard = Number(said.LimitNOFILE);
  const soft = Number(said.LimitNOFILESoft);
  const memory = Number(said.MemoryMax) / mebibyte;
  return {
    ...recorded,
    user: said.User === id ? recorded.user : (said.User ?? ''),
    restart: said.Restart ?? '',
    memoryMebibytes: Number.isFinite(memory) ? memory : 0,
    memorySwapMebibytes: Number.isFinite(memory) ? memory : 0,
    ulimits: [{ name: 'nofile', soft, hard }],
    securityOptions: said.NoNewPrivileges === 'yes' ? recorded.securityOptions : [],
    quotas: [
      ...(isAsRecorded(text) ? [] : ['directives that were changed by hand']),
      ...(said.DropInPaths === '' ? [] : [`files beside it, ${said.DropInPaths}`]),
    ],
  };
}

function hostConfig(options: ContainerOptions): object {
  return {
    ReadonlyRootfs: options.readOnly,
    Privileged: options.privileged,
    CapDrop: options.droppedCapabilities,
    CapAdd: options.addedCapabilities,
    SecurityOpt: options.securityOptions,
    Tmpfs: options.tmpfs,
    NetworkMode: options.networkMode,
    Binds: options.volumes.map(
      ({ volumeName, containerPath, readOnly }) => `${volumeName}:${containerPath}:${readOnly ? 'ro' : 'rw'}`,
    ),
    PortBindings: portBindings(options),
    Memory: options.memoryMebibytes * mebibyte,
    MemorySwap: options.memorySwapMebibytes * mebibyte,
    Ulimits: options.ulimits.map(({ name, soft, hard }) => ({ Name: name, Soft: soft, Hard: hard })),
    RestartPolicy: { Name: options.restart },
    LogConfig: { Type: options.logDriver, Config: options.logOptions },
    Changes: options.quotas,
  };
}

function portBindings({ ports }: ContainerOptions) {
  const bindings: Record<string, Array<{ HostIp: string; HostPort: string }>> = {};
  for (const { ip, external, internal, protocol } of ports) {
    const port = `${internal}/${protocol}`;
    bindings[port] = [...(bindings[port] ?? []), { HostIp: ip, HostPort: String(external) }];
  }
  return bindings;
}

/** `Thu 2026-11-26 10:23:05.639493 UTC`, as ISO 8601. */
function timeOf(timestamp = ''): string {
  const [, date, time] = timestamp.match(/(\d{4}-\d{2}-\d{2}) (\d{2}:\d{2}:\d{2}(?:\.\d+)?) UTC/) ?? [];
  return date === undefined ? '0001-01-01T00:00:00Z' : `${date}T${time}Z`;
}
