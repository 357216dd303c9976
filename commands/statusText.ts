/** The status of a broker in the lines of a terminal. */

import { shown } from '../watching/shown';
import type { DeviceStatus, Finding, History, HistorySeries, ListenerStatus, Status } from '../watching/status';
import { columns } from './table';

const longestSentence = 600;

export interface Look {
  /** Characters in a line; undefined where lines are as long as they are. */
  width?: number;
  /** Most devices that are listed; undefined for all that the exporter names. */
  devices?: number;
  /** Whether colours are wanted. */
  colour?: boolean;
}

type Colour = 'red' | 'yellow' | 'green' | 'dim' | 'bold';
const codes: Record<Colour, number> = { red: 31, yellow: 33, green: 32, dim: 2, bold: 1 };

type Paint = (colour: Colour, text: string) => string;

/** Everything, for people. */
export function statusText(status: Status, { width, devices, colour = false }: Look = {}): string {
  const paint: Paint = (name, text) => (colour ? `\u001b[${codes[name]}m${text}\u001b[0m` : text);
  const parts = [
    verdict(status, paint),
    findingLines(status.findings, paint),
    values(status),
    rates(status.history, paint),
    listeners(status, paint),
    fleet(status, devices, paint),
    accounts(status),
  ];
  const lines = parts.filter((part) => part.length > 0).flatMap((part, index) => [...(index > 0 ? [''] : []), ...part]);
  return lines.map((line) => (width === undefined ? line : cut(line, width))).join('\n');
}

/** The same in one line, for whoever follows it without a terminal. */
export function statusLine(status: Status): string {
  const { time, broker, clients, fleet: devices, findings, history, container } = status;
  if (!broker.up) return `${time} ${shown(container)} is down${because(broker.reason)}`;
  const now = (series: HistorySeries) => rate(history.series[series].at(-1) ?? null);
  return [
    `${time} up`,
    `${ofAll(clients.connected, clients.limit)} clients`,
    ...(devices.declared === 0
      ? []
      : [`${ofAll(devices.connected, devices.declared)} devices, ${devices.silent ?? 'unknown'} silent`]),
    `in ${now('messagesReceived')}/s, out ${now('messagesSent')}/s`,
    weighed(findings),
  ].join('; ');
}

/** Whether a script should take it for bad. */
export function isCritical({ broker, findings }: Status): boolean {
  return !broker.up || findings.some(({ weight }) => weight === 'critical');
}

function verdict({ stack, container, broker, findings }: Status, paint: Paint): string[] {
  const { up, reason, version, since } = broker;
  const what = `${shown(container)} (stack ${shown(stack)})`;
  if (!up) return [paint('red', `✗ ${what} is down${because(reason)}`)];
  const facts = [version && `Mosquitto ${shown(version)}`, since && `since ${since}`].filter((fact) => fact);
  return [`${paint('green', `● ${what} is up`)}${facts.map((fact) => `, ${fact}`).join('')}; ${weighed(findings)}`];
}

function weighed(findings: readonly Finding[]): string {
  const counts = (['critical', 'warning'] as const).flatMap((weight) => {
    const count = findings.filter((finding) => finding.weight === weight).length;
    return count === 0
      ? []
      : [weight === 'critical' ? `${count} critical` : `${count} warning${count === 1 ? '' : 's'}`];
  });
  return counts.length === 0 ? 'nothing needs a hand' : counts.join(', ');
}

function findingLines(findings: readonly Finding[], paint: Paint): string[] {
  return findings.flatMap(({ weight, says, run }) => [
    `${weight === 'critical' ? paint('red', '✗') : paint('yellow', '!')} ${shown(says, longestSentence)}`,
    `    $ ${shown(run)}`,
  ]);
}

function values({ clients, memory, disk, proof, deployment, counted }: Status): string[] {
  const used = disk.freeBytes === null || disk.diskBytes === null ? null : disk.diskBytes - disk.freeBytes;
  const failed = proof?.failed.length ?? 0;
  return columns([
    ['clients', `${ofAll(clients.connected, clients.limit)}${share(clients.connected, clients.limit)}`],
    ['memory', `${ofAll(memory.bytes, memory.limitBytes, size)}${share(memory.bytes, memory.limitBytes)}`],
    ['disk', `${ofAll(used, disk.diskBytes, size)}${share(used, disk.diskBytes)}`],
    ['database', disk.databaseBytes === null ? 'unknown' : size(disk.databaseBytes)],
    [
      'proof',
      proof === null
        ? 'never'
        : `${proof.time}, ${failed === 0 ? `${proof.checks} checks hold` : `${failed} of ${proof.checks} checks failed`}`,
    ],
    ['deployed', `${deployment.time}, ${shown(deployment.digest)}`],
    [
      'counted',
      [
        `${counted.refusedLogins} refused logins`,
        `${counted.takeovers} take-overs`,
        `${counted.protocolErrors} protocol errors`,
        `${counted.keepaliveEvictions} fell silent`,
        `${counted.dropped} dropped`,
      ].join(', '),
    ],
  ]).split('\n');
}

interface Row {
  series: HistorySeries;
  title: string;
  format: (value: number) => string;
  /** Counted in each step, and not each second. */
  isCount?: true;
}

const rows: readonly Row[] = [
  { series: 'connected', title: 'connected', format: (value) => String(Math.round(value)) },
  { series: 'messagesReceived', title: 'messages in', format: (value) => `${rate(value)}/s` },
  { series: 'messagesSent', title: 'messages out', format: (value) => `${rate(value)}/s` },
  { series: 'bytesReceived', title: 'bytes in', format: (value) => `${traffic(value)}/s` },
  { series: 'bytesSent', title: 'bytes out', format: (value) => `${traffic(value)}/s` },
  { series: 'roundTripMilliseconds', title: 'round trip', format: (value) => `${rate(value)} ms` },
  { series: 'refusedLogins', title: 'refused logins', format: (value) => String(Math.round(value)), isCount: true },
  { series: 'dropped', title: 'dropped', format: (value) => String(Math.round(value)), isCount: true },
];

/** Half an hour each. */
const sparks = 48;
const daySeconds = 86_400;

function rates(history: History, paint: Paint): string[] {
  const lines = rows.map(({ series, title, format, isCount }) => {
    const known = history.series[series];
    const scale = isCount ? history.stepSeconds : 1;
    const scaled = known.map((value) => (value === null ? null : value * scale));
    const now = scaled.at(-1) ?? null;
    const numbers = scaled.filter((value) => value !== null);
    const most = numbers.length === 0 ? null : Math.max(...numbers);
    return [
      title,
      sparkline(wholeDay(scaled, history.stepSeconds)),
      now === null ? '–' : format(now),
      most === null ? '–' : format(most),
    ];
  });
  return [
    paint('bold', 'The last day, from left to right'),
    ...columns([['', '', 'now', 'most'], ...lines]).split('\n'),
  ];
}

/** Of a younger exporter the day begins with what is not known. */
function wholeDay(values: ReadonlyArray<number | null>, stepSeconds: number): Array<number | null> {
  const steps = Math.ceil(daySeconds / stepSeconds);
  return [...Array<null>(Math.max(0, steps - values.length)).fill(null), ...values.slice(-steps)];
}

const bars = '▁▂▃▄▅▆▇█';

/** One character for each part of the values, the highest of it; a blank where nothing is known. */
export function sparkline(values: ReadonlyArray<number | null>, length = sparks): string {
  const known = values.filter((value) => value !== null);
  const most = Math.max(...known, 0);
  return Array.from({ length }, (_, index) => {
    const from = Math.floor((index * values.length) / length);
    const part = values.slice(from, Math.max(from + 1, Math.floor(((index + 1) * values.length) / length)));
    const seen = part.filter((value) => value !== null);
    if (seen.length === 0) return ' ';
    const level = most === 0 ? 0 : Math.ceil((Math.max(...seen) / most) * (bars.length - 1));
    return bars[level];
  }).join('');
}

function listeners({ listeners: all }: Status, paint: Paint): string[] {
  if (all.length === 0) return [];
  const lines = all.map((listener) => [
    shown(listener.name),
    String(listener.port),
    listener.up ? 'answers' : `no answer${because(listener.reason)}`,
    listener.roundTripSeconds === null ? '' : `${rate(listener.roundTripSeconds * 1_000)} ms`,
    certificate(listener),
  ]);
  return headed(['listener', 'port', 'state', 'round trip', 'certificate'], lines, paint);
}

function certificate({ certificate: served }: ListenerStatus): string {
  if (served === null) return 'none';
  const days = Math.floor(served.remainingDays);
  const left = days < 0 ? `has expired at ${served.notAfter}` : `${days} days left`;
  return served.matches ? left : `${left}, not the deployed one`;
}

function fleet(
  { fleet: { declared, connected, silent, devices } }: Status,
  most: number | undefined,
  paint: Paint,
): string[] {
  if (declared === 0) return [];
  const listed = inOrder(devices).slice(0, most);
  const lines = listed.map(({ id, role, connected: isConnected, silent: isSilent, since, address }) => [
    shown(id),
    isSilent ? 'silent' : isConnected === null ? 'unknown' : isConnected ? 'connected' : 'away',
    since ?? '',
    address === null ? '' : shown(address),
    shown(role),
  ]);
  const more = declared - listed.length;
  return [
    paint('bold', `Devices: ${ofAll(connected, declared)} connected, ${silent ?? 'unknown'} silent`),
    ...headed(['device', 'state', 'since', 'address', 'role'], lines, paint),
    ...(more > 0 ? [paint('dim', `and ${more} more`)] : []),
  ];
}

/** Who is looked for comes first. */
function inOrder(devices: readonly DeviceStatus[]): DeviceStatus[] {
  const rank = ({ silent, connected }: DeviceStatus) =>
    silent ? 0 : connected === false ? 1 : connected === null ? 2 : 3;
  return [...devices].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

function accounts({ accounts: connected, broker }: Status): string[] {
  if (connected.length === 0 || !broker.up) return [];
  const each = connected.map(({ username, connections }) => `${shown(username)} ${connections}`);
  return [`Accounts that are connected: ${each.join(', ')}`];
}

function headed(head: string[], lines: string[][], paint: Paint): string[] {
  const [first = '', ...rest] = columns([head, ...lines]).split('\n');
  return [paint('dim', first), ...rest];
}

function because(reason: string | null): string {
  return reason === null ? '' : `: ${shown(reason)}`;
}

function ofAll(value: number | null, limit: number | null, format: (value: number) => string = String): string {
  if (value === null) return 'unknown';
  return limit === null || limit === 0 ? format(value) : `${format(value)} of ${format(limit)}`;
}

function share(value: number | null, limit: number | null): string {
  return value === null || limit === null || limit === 0 ? '' : ` (${Math.round((100 * value) / limit)} %)`;
}

function rate(value: number | null): string {
  if (value === null) return '–';
  return value >= 100 || Number.isInteger(value) ? String(Math.round(value)) : value.toFixed(value >= 10 ? 1 : 2);
}

function size(bytes: number): string {
  return scaled(bytes, 1_024, ['B', 'KiB', 'MiB', 'GiB', 'TiB']);
}

function traffic(bytes: number): string {
  return scaled(bytes, 1_000, ['B', 'kB', 'MB', 'GB']);
}

function scaled(value: number, step: number, units: readonly string[]): string {
  let [rest, at] = [value, 0];
  while (rest >= step && at < units.length - 1) [rest, at] = [rest / step, at + 1];
  return `${rate(rest)} ${units[at]}`;
}

const escapeSign = '\u001b';

/** A line of a terminal without its end; colours take no room. */
function cut(line: string, width: number): string {
  let room = width;
  const parts = line.split(escapeSign).map((part, index) => {
    const code = index === 0 ? '' : part.slice(0, part.indexOf('m') + 1);
    const text = Array.from(part.slice(code.length));
    const kept = text.length > room ? [...text.slice(0, Math.max(0, room - 1)), ...(room > 0 ? ['…'] : [])] : text;
    room -= text.length;
    return `${code}${kept.join('')}`;
  });
  return parts.join(escapeSign);
}
