/** What is told of a broker at one moment, from what the exporter knows. */

import { type Facts, findingsOf } from '../watching/findings';
import { type DeviceStatus, type ListenerStatus, mostListed, type Status } from '../watching/status';
import type { Look, Watch } from './watch';

const dayMilliseconds = 86_400_000;
const minuteMilliseconds = 60_000;

export function statusOf(watch: Watch, look: Look): Status {
  const facts = factsOf(watch, look);
  const { contested: _, queue: __, earlyRenewalDays: ___, ...status } = facts;
  return { ...status, findings: findingsOf(facts) };
}

function factsOf(watch: Watch, { now, broker, disk, signs }: Look): Facts {
  const { settings, tally, startedAt, proof } = watch;
  const { limits, stack, container, deployment } = settings;
  const devices = devicesOf(watch, now);
  const value = (topic: string) => (broker.up ? systemValue(watch, topic) : null);
  const stored = value('broker/messages/stored');
  const retained = value('broker/retained messages/count');
  const knows = broker.up && watch.knowsAll;
  return {
    time: new Date(now).toISOString(),
    stack,
    container,
    broker: {
      up: broker.up,
      reason: broker.reason,
      version: broker.up ? (watch.values.get('$SYS/broker/version')?.replace('mosquitto version ', '') ?? null) : null,
      since: broker.up && startedAt !== undefined ? new Date(startedAt).toISOString() : null,
    },
    listeners: settings.listeners.map((listener): ListenerStatus => {
      const sign = signs.get(listener.name);
      const certificate = certificateOf(watch, listener.name, now);
      return {
        name: listener.name,
        port: listener.port,
        // Where nobody can log in, a handshake is what can be seen.
        up: sign?.up ?? (broker.up && (certificate !== null || !listener.tls)),
        reason: sign?.reason ?? null,
        roundTripSeconds: sign?.roundTripSeconds ?? null,
        certificate,
      };
    }),
    clients: { connected: value('broker/clients/connected'), limit: limits.maxConnections },
    fleet: {
      declared: devices.length,
      connected: knows ? devices.filter(({ connected }) => connected === true).length : null,
      silent: knows ? devices.filter(({ silent }) => silent).length : null,
      devices: listed(devices),
    },
    accounts: accountsOf(watch),
    memory: { bytes: value('broker/heap/current'), limitBytes: limits.memoryLimitMebibytes * 1_048_576 },
    disk,
    counted: {
      refusedLogins: sum(tally.refusedLogins.values()),
      takeovers: tally.takeovers,
      protocolErrors: tally.protocolErrors,
      keepaliveEvictions: tally.keepaliveEvictions,
      dropped: value('broker/publish/messages/dropped') ?? 0,
    },
    deployment,
    proof: proof ?? null,
    history: watch.history.told,
    contested: tally.contestedIds(now),
    earlyRenewalDays: settings.certificateRenewalDays,
    queue: {
      messages: stored === null || retained === null ? null : Math.max(0, stored - retained),
      limit: limits.maxQueuedMessages,
    },
  };
}

/** The last number of a `$SYS` topic; null where none was told. */
export function systemValue({ values }: Watch, topic: string): number | null {
  const number = Number.parseFloat(values.get(`$SYS/${topic}`) ?? '');
  return Number.isNaN(number) ? null : number;
}

export function certificateOf(
  { served, settings }: Watch,
  listener: string,
  now: number,
): ListenerStatus['certificate'] {
  const seen = served.get(listener);
  if (seen === undefined) return null;
  return {
    notAfter: seen.notAfter,
    remainingDays: (Date.parse(seen.notAfter) - now) / dayMilliseconds,
    matches: seen.fingerprint === settings.serverFingerprint,
  };
}

/** Every device of the list, by id. */
export function devicesOf({ settings, tally, knowsAll, declaredAt }: Watch, now: number): DeviceStatus[] {
  return settings.devices.map(([id, role]) => {
    const connection = tally.connected.get(id);
    if (connection?.username === id) {
      const since = new Date(connection.since).toISOString();
      return { id, role, connected: true, since, address: connection.address, silent: false };
    }
    const left = tally.left.get(id);
    const awaySince = Math.max(left ?? 0, declaredAt.get(id) ?? now);
    const most = (settings.maxSilenceMinutes[role] ?? Number.POSITIVE_INFINITY) * minuteMilliseconds;
    return {
      id,
      role,
      connected: knowsAll ? false : null,
      since: left === undefined ? null : new Date(left).toISOString(),
      address: null,
      silent: knowsAll && now - awaySince > most,
    };
  });
}

function listed(devices: readonly DeviceStatus[]): DeviceStatus[] {
  const byId = (a: DeviceStatus, b: DeviceStatus) => (a.id < b.id ? -1 : 1);
  if (devices.length <= mostListed) return [...devices].sort(byId);
  const bySilence = (a: DeviceStatus, b: DeviceStatus) => Number(b.silent) - Number(a.silent) || byId(a, b);
  return [...devices].sort(bySilence).slice(0, mostListed);
}

function accountsOf({ tally, settings }: Watch): Status['accounts'] {
  const ids = new Set(settings.devices.map(([id]) => id));
  const own = [settings.account.username, settings.device?.username];
  const counts = new Map<string, number>();
  for (const { username } of tally.connected.values()) {
    if (!ids.has(username) && !own.includes(username)) counts.set(username, (counts.get(username) ?? 0) + 1);
  }
  const all = [...counts].map(([username, connections]) => ({ username, connections }));
  return all.sort((a, b) => (a.username < b.username ? -1 : 1));
}

export function sum(values: Iterable<number>): number {
  return [...values].reduce((total, value) => total + value, 0);
}
