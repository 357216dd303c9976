/** What the log of a broker tells of its clients: who is refused, who fights about a client id, who comes and goes. */

import { disconnectionKind, type LogLine } from '../watching/logLines';
import { isProbe } from '../watching/probes';
import { type Finding, finding, type Weight } from './finding';
import type { Patient } from './patient';

/** A line of the log, and when it was written, in milliseconds since 1970. */
export interface Timed {
  line: LogLine;
  at: number;
}

const minute = 60_000;
/** As often within as long is a pattern, and no accident. */
const patterns = {
  refused: { times: 3, within: 15 * minute },
  contested: { times: 3, within: 5 * minute },
  flapping: { times: 4, within: 30 * minute },
} as const;
/** What has stopped for as long is over; and for three times the longest pause that it made before. */
const shortestPause = 3_000;
const pauses = 3;
/** Attempts of verification that never say who they are come with others that do. */
const besideProbe = 2_000;
/** A queue that ran full within the last hour may still drop messages. */
const droppedWithin = 60 * minute;
/** Names, and kinds of lines, that are told. */
const shown = 5;

/** What happened to one client. */
interface History {
  times: number[];
  addresses: Set<string>;
}

interface Heard {
  refused: Map<string, History>;
  contested: Map<string, History>;
  flapping: Map<string, History>;
  dropped: Map<string, number>;
  /** When each was let in last. */
  accepted: Map<string, number>;
}

/**
 * @param lines of the last day, from the beginning of the broker where it is younger
 * @param now by the clock that wrote them
 * @param devices ids of the declared ones
 */
export function logFindings(
  patient: Patient,
  lines: readonly Timed[],
  now: number,
  devices: ReadonlySet<string>,
): Finding[] {
  const { refused, contested, flapping, dropped, accepted } = heardIn(lines, devices);
  return [
    ...told(contested, patterns.contested, now, (ids, weight, words) =>
      finding('contested-client-id', {
        of: ids,
        weight,
        says: `Several clients have one client id and take each other's connection over: ${words}`,
        remedy: 'Give each client an id of its own; a device has that of its bundle, which belongs on one card alone',
        run: [`npm run log -- ${patient.stack} --since 1h`],
      }),
    ),
    ...told(without(refused, accepted), patterns.refused, now, (ids, weight, words) => {
      const own = ids.filter((id) => devices.has(id));
      const bundle = `npm run provision -- ${patient.stack} ${own.join(' ')} --out FOLDER`;
      return finding('refused-logins', {
        of: ids,
        weight,
        says: `Logins are refused again and again, by client id: ${words}`,
        remedy:
          own.length > 0
            ? 'Give the device its bundle again: its password is not the deployed one'
            : 'Give the client the password of its account, and the port of accounts; whoever it is not keep out by the firewall',
        run: own.length > 0 ? [bundle] : [`npm run outputs -- ${patient.stack} --show-secrets`],
      });
    }),
    ...told(flapping, patterns.flapping, now, (ids, weight, words) =>
      finding('flapping-client', {
        of: ids,
        weight,
        says: `Clients lose their connection again and again: ${words}`,
        remedy:
          'See to its network and its power; a client that is busy for longer than its keep-alive needs a longer one',
        run: [`npm run log -- ${patient.stack} --since 1h`],
      }),
    ),
    ...droppedFindings(patient, dropped, now),
    ...otherLines(patient, lines),
  ];
}

function heardIn(lines: readonly Timed[], devices: ReadonlySet<string>): Heard {
  const heard: Heard = {
    refused: new Map(),
    contested: new Map(),
    flapping: new Map(),
    dropped: new Map(),
    accepted: new Map(),
  };
  const isBeside = probesOf(lines);
  const standing = new Map<string, string>();
  let hasHungUp = false;
  for (const { line, at } of lines) {
    const { kind, clientId = '', address = '' } = line;
    // The broker calls an end of TLS without a goodbye an error of the protocol.
    const said = disconnectionKind(line.reason);
    const end = said === 'protocol_error' && hasHungUp ? 'client' : said;
    hasHungUp = kind === 'hungUp';
    if (isProbe(line)) continue;
    if (kind === 'starting') standing.clear();
    if (kind === 'connected') {
      standing.set(address, clientId);
      heard.accepted.set(clientId, at);
    }
    if (kind === 'queueFull') heard.dropped.set(clientId, at);
    if (kind === 'noCertificate' && !isBeside(address, at)) note(heard.refused, hostOf(address), address, at);
    if (kind !== 'disconnected') continue;
    // A session that is taken up again is told as taken over, though its connection had ended before.
    const wasIn = standing.delete(address);
    if (wasIn && end === 'takeover') note(heard.contested, clientId, address, at);
    else if (!wasIn && end === 'not_authorised' && !isBeside(address, at)) note(heard.refused, clientId, address, at);
    else if (wasIn && (isLoss.includes(end) || (end === 'client' && isAbrupt(line) && devices.has(clientId))))
      note(heard.flapping, clientId, address, at);
  }
  return heard;
}

/** A device says goodbye where it means to leave; many another client never does. */
function isAbrupt({ reason }: LogLine): boolean {
  return reason !== undefined;
}

/** Kinds of ends that no client means. */
const isLoss: readonly string[] = ['keepalive', 'network', 'protocol_error', 'other'];

/** Whether a line was written beside attempts of verification from the same machine. */
function probesOf(lines: readonly Timed[]): (address: string, at: number) => boolean {
  const probes = lines.filter(({ line }) => isProbe(line) && line.address !== undefined);
  const times = new Map<string, number[]>();
  for (const { line, at } of probes) {
    const host = hostOf(line.address ?? '');
    const own = times.get(host) ?? [];
    if (own.at(-1) !== at) own.push(at);
    times.set(host, own);
  }
  return (address, at) => (times.get(hostOf(address)) ?? []).some((time) => Math.abs(time - at) <= besideProbe);
}

/** An address without the port of the client. */
function hostOf(address: string): string {
  return address.replace(/:\d+$/, '');
}

function note(histories: Map<string, History>, clientId: string, address: string, at: number): void {
  const { times, addresses } = histories.get(clientId) ?? { times: [], addresses: new Set<string>() };
  times.push(at);
  histories.set(clientId, { times, addresses: addresses.add(hostOf(address)) });
}

/** Whoever was let in since is refused no more. */
function without(refused: Map<string, History>, accepted: ReadonlyMap<string, number>): Map<string, History> {
  return new Map([...refused].filter(([id, { times }]) => (accepted.get(id) ?? 0) <= (times.at(-1) ?? 0)));
}

type Pattern = (typeof patterns)[keyof typeof patterns];

/** One finding of those of whom it is so, and a note of those of whom it was. */
function told(
  histories: ReadonlyMap<string, History>,
  pattern: Pattern,
  now: number,
  make: (ids: string[], weight: Weight | undefined, words: string) => Finding,
): Finding[] {
  const all = [...histories].filter(([, { times }]) => isPattern(times, pattern));
  const present = all.filter(([, { times }]) => isGoingOn(times, pattern, now));
  const past = all.filter((each) => !present.includes(each));
  const of = (some: typeof all, weight?: Weight) =>
    some.length === 0 ? [] : [make(some.map(([id]) => id).sort(), weight, wordsOf(some))];
  return [...of(present), ...of(past, 'note')];
}

function isPattern(times: readonly number[], { times: least, within }: Pattern): boolean {
  return times.some((time, index) => (times[index + least - 1] ?? Number.POSITIVE_INFINITY) - time <= within);
}

/** Whether it has happened as often as that of late, and has not stopped since. */
export function isGoingOn(times: readonly number[], { times: least, within }: Pattern, now: number): boolean {
  const recent = times.filter((time) => now - time <= within).slice(-least);
  if (recent.length < least) return false;
  const gaps = recent.slice(1).map((time, index) => time - (recent[index] ?? time));
  return now - (recent.at(-1) ?? 0) <= Math.max(shortestPause, pauses * Math.max(...gaps));
}

function wordsOf(some: ReadonlyArray<readonly [string, History]>): string {
  const most = [...some].sort(([, a], [, b]) => b.times.length - a.times.length);
  const words = most.slice(0, shown).map(([id, { times, addresses }]) => {
    const from = [...addresses].slice(0, shown).join(', ');
    return `${id} (${times.length} times from ${from}, last at ${timeOf(times.at(-1) ?? 0)})`;
  });
  return `${words.join('; ')}${most.length > shown ? `; and ${most.length - shown} others` : ''}`;
}

function timeOf(at: number): string {
  return new Date(at).toISOString().replace('.000Z', 'Z');
}

function droppedFindings({ stack }: Patient, dropped: ReadonlyMap<string, number>, now: number): Finding[] {
  const all = [...dropped].sort(([, a], [, b]) => b - a);
  const [latest] = all;
  if (latest === undefined) return [];
  const ids = all.map(([id]) => id).sort();
  return [
    finding('messages-dropped', {
      of: ids,
      weight: now - latest[1] <= droppedWithin ? 'warning' : 'note',
      says: `Messages are dropped, because the queue of a client that is away or slow is full: ${ids.slice(0, shown).join(', ')}, last at ${timeOf(latest[1])}`,
      remedy: `Let it fetch them, or write a larger "aipi-mqtt:maxQueuedMessages" into Pulumi.${stack}.yaml and deploy it, which restarts the broker`,
      run: [`npm run devices -- ${stack}`],
    }),
  ];
}

/** Warnings and errors that no other finding tells, by their words without numbers. */
function otherLines({ stack }: Patient, lines: readonly Timed[]): Finding[] {
  const isBeside = probeSeconds(lines);
  const groups = new Map<string, { count: number; at: number; message: string }>();
  for (const { line, at } of lines) {
    const { weight, kind, message } = line;
    if (weight === 'note' || kind === 'queueFull' || kind === 'noCertificate' || isProbe(line)) continue;
    if (kind === 'tlsFailed' && isBeside(at)) continue;
    const group = message.replace(/\d+(\.\d+)*(:\d+)?/g, '…');
    groups.set(group, { count: (groups.get(group)?.count ?? 0) + 1, at, message });
  }
  const all = [...groups.values()].sort((a, b) => b.count - a.count);
  if (all.length === 0) return [];
  const words = all
    .slice(0, shown)
    .map(({ count, at, message }) => `${count} times, last at ${timeOf(at)}: ${message}`);
  return [
    finding('log-lines', {
      says: `The log of the last day has warnings and errors: ${words.join('; ')}${all.length > shown ? `; and ${all.length - shown} other kinds` : ''}`,
      remedy: 'See docs/log.md for what they mean',
      run: [`npm run log -- ${stack} --since 24h`],
    }),
  ];
}

/** Whether verification was at work; what breaks TLS has neither a name nor an address. */
function probeSeconds(lines: readonly Timed[]): (at: number) => boolean {
  const seconds = new Set(lines.filter(({ line }) => isProbe(line)).map(({ at }) => Math.round(at / 1_000)));
  return (at) => [-2, -1, 0, 1, 2].some((off) => seconds.has(Math.round(at / 1_000) + off));
}
