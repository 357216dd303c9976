/** What needs a hand, from what is known of a broker at one moment. */

import { inQuotes } from '../mosquitto/quoted';
import { type Finding, type FindingKind, findingKinds, type ListenerStatus, type Status } from './status';
import {
  certificateShares,
  diskFreeShares,
  fewestGone,
  goneSeconds,
  goneShare,
  memoryShares,
  mostRefusedLogins,
  proofHours,
  queueShare,
  recentSeconds,
  usualEarlyRenewalDays,
} from './thresholds';

/** A status, and what else is known that it does not show by itself. */
export interface Facts extends Omit<Status, 'findings'> {
  /** Client ids that more than one client fights for. */
  contested: readonly string[];
  /** Messages that are stored for clients that are away or slow, without retained ones, and how many each of them may have. */
  queue: { messages: number | null; limit: number };
  /** Days before its end from which on an update renews the server certificate; default: 30. */
  earlyRenewalDays?: number;
}

/** Most that a finding names. */
export const mostNamed = 20;
/** Most that its sentence names, and the length from which on a name is cut there. */
const mostSaid = 3;
const longestSaid = 64;
const longestReason = 200;

/** The gravest first; of the same weight in the order of their kinds. */
export function findingsOf(facts: Facts): Finding[] {
  const found = [...ofBroker(facts), ...ofCertificates(facts), ...ofClients(facts), ...ofMessages(facts)];
  const rank = ({ weight, kind }: Finding) =>
    (weight === 'critical' ? 0 : findingKinds.length) + findingKinds.indexOf(kind);
  return [...found, ...ofLimits(facts), ...ofProof(facts)].sort((a, b) => rank(a) - rank(b));
}

interface Found {
  weight: Finding['weight'];
  of?: readonly string[];
  count?: number;
  says: string;
  /** Name of the command. */
  run: 'doctor' | 'verify' | 'up' | 'devices';
}

function finding(facts: Facts, kind: FindingKind, { weight, of = [], count, says, run }: Found): Finding {
  return {
    kind,
    weight,
    of: of.slice(0, mostNamed),
    count: count ?? Math.max(of.length, 1),
    says,
    run: `npm run ${run} -- ${facts.stack}`,
  };
}

function ofBroker(facts: Facts): Finding[] {
  const { broker, listeners, container } = facts;
  if (!broker.up) {
    const says = `The broker ${container} does not answer${because([broker.reason])}.`;
    return [finding(facts, 'broker-down', { weight: 'critical', says, run: 'doctor' })];
  }
  const down = listeners.filter(({ up }) => !up);
  if (down.length === 0) return [];
  const why = because(down.map(({ reason }) => reason));
  const says = `No message comes back by ${listed(down.map(({ name }) => name))}${why}.`;
  return [
    finding(facts, 'listener-down', { weight: 'critical', of: down.map(({ name }) => name), says, run: 'doctor' }),
  ];
}

function ofCertificates(facts: Facts): Finding[] {
  const early = facts.earlyRenewalDays ?? usualEarlyRenewalDays;
  const served = facts.listeners.flatMap(({ name, certificate }) =>
    certificate === null ? [] : [{ name, ...certificate }],
  );
  const ending = served.filter(({ remainingDays }) => remainingDays < early * certificateShares.warning);
  const different = served.filter(({ matches }) => !matches);
  const names = (listeners: ReadonlyArray<Pick<ListenerStatus, 'name'>>) => listeners.map(({ name }) => name);
  const found: Finding[] = [];
  if (ending.length > 0) {
    const days = Math.floor(Math.min(...ending.map(({ remainingDays }) => remainingDays)));
    found.push(
      finding(facts, 'certificate-ends', {
        weight: days < early * certificateShares.critical ? 'critical' : 'warning',
        of: names(ending),
        says: `The certificate that ${listed(names(ending))} serves ${days < 0 ? 'has expired' : days === 0 ? 'ends within a day' : `ends in ${counted(days, 'day')}`}.`,
        run: 'up',
      }),
    );
  }
  if (different.length > 0) {
    found.push(
      finding(facts, 'certificate-differs', {
        weight: 'critical',
        of: names(different),
        says: `The certificate that ${listed(names(different))} serves is not the deployed one.`,
        run: 'up',
      }),
    );
  }
  return found;
}

function ofClients(facts: Facts): Finding[] {
  const { fleet, contested, broker } = facts;
  const found: Finding[] = [];
  if (broker.up) {
    const { gone, most } = goneOf(facts);
    if (gone >= fewestGone && gone > most * goneShare) {
      const says = `${gone} of the ${most} clients that were connected within the last hour are gone.`;
      found.push(finding(facts, 'fleet-gone', { weight: 'critical', count: gone, says, run: 'doctor' }));
    }
    const silent = fleet.silent ?? 0;
    if (silent > 0) {
      const ids = fleet.devices.filter((device) => device.silent).map(({ id }) => id);
      const says = `${counted(silent, 'device')} ${silent === 1 ? 'is' : 'are'} away for longer than the role allows: ${listed(ids, silent)}.`;
      found.push(finding(facts, 'devices-silent', { weight: 'warning', of: ids, count: silent, says, run: 'devices' }));
    }
  }
  if (contested.length > 0) {
    const says = `More than one client uses the client id ${listed(contested)}, and they throw each other out.`;
    found.push(finding(facts, 'contested-client-id', { weight: 'warning', of: contested, says, run: 'doctor' }));
  }
  const refused = recent(facts, 'refusedLogins');
  if (refused >= mostRefusedLogins) {
    const says = `${counted(refused, 'login')} ${refused === 1 ? 'was' : 'were'} refused within the last ${recentSeconds / 60} minutes.`;
    found.push(finding(facts, 'refused-logins', { weight: 'warning', count: refused, says, run: 'doctor' }));
  }
  return found;
}

/** How many clients have gone within the hour, and how many there were. */
function goneOf({ clients, history }: Facts): { gone: number; most: number } {
  const steps = Math.ceil(goneSeconds / history.stepSeconds);
  const most = Math.round(Math.max(0, ...history.series.connected.slice(-steps).map((value) => value ?? 0)));
  return { gone: clients.connected === null ? 0 : most - clients.connected, most };
}

function ofMessages(facts: Facts): Finding[] {
  const found: Finding[] = [];
  const dropped = recent(facts, 'dropped');
  if (dropped > 0) {
    const says = `${counted(dropped, 'message')} ${dropped === 1 ? 'was' : 'were'} dropped within the last ${recentSeconds / 60} minutes.`;
    found.push(finding(facts, 'messages-dropped', { weight: 'warning', count: dropped, says, run: 'doctor' }));
  }
  const { messages, limit } = facts.queue;
  if (messages !== null && limit > 0 && messages >= limit * queueShare) {
    const says = `${counted(messages, 'message')} wait for clients that are away or slow; each may have ${limit}, and what is more is dropped.`;
    found.push(finding(facts, 'queue-filling', { weight: 'warning', count: messages, says, run: 'doctor' }));
  }
  return found;
}

function ofLimits(facts: Facts): Finding[] {
  const { disk, memory } = facts;
  const found: Finding[] = [];
  if (disk.freeBytes !== null && disk.diskBytes !== null && disk.diskBytes > 0) {
    const free = disk.freeBytes / disk.diskBytes;
    if (free < diskFreeShares.warning) {
      const weight = free < diskFreeShares.critical ? 'critical' : 'warning';
      const says = `Of the disk with the broker's data ${percent(free)} is free.`;
      found.push(finding(facts, 'disk-filling', { weight, says, run: 'doctor' }));
    }
  }
  if (memory.bytes !== null && memory.limitBytes > 0) {
    const used = memory.bytes / memory.limitBytes;
    if (used >= memoryShares.warning) {
      const weight = used >= memoryShares.critical ? 'critical' : 'warning';
      const says = `The broker uses ${percent(used)} of its memory; at 100 % it refuses new messages.`;
      found.push(finding(facts, 'memory-near-limit', { weight, says, run: 'doctor' }));
    }
  }
  return found;
}

function ofProof(facts: Facts): Finding[] {
  const { proof, time } = facts;
  if (proof === null) {
    const says = 'The broker has never been proved.';
    return [finding(facts, 'proof-old', { weight: 'warning', says, run: 'verify' })];
  }
  const found: Finding[] = [];
  const { failed } = proof;
  if (failed.length > 0) {
    const says = `${failed.length} of ${counted(proof.checks, 'check')} failed in the last proof: ${listed(failed)}.`;
    found.push(finding(facts, 'proof-failed', { weight: 'critical', of: failed, says, run: 'verify' }));
  }
  const hours = (Date.parse(time) - Date.parse(proof.time)) / 3_600_000;
  if (hours > proofHours) {
    const says = `The last proof of the broker is ${counted(Math.floor(hours), 'hour')} old.`;
    found.push(finding(facts, 'proof-old', { weight: 'warning', says, run: 'verify' }));
  }
  return found;
}

/** How many there were lately, from rates. A step that has only begun to be recent counts whole: what is in it is not lost. */
function recent({ history }: Facts, series: 'refusedLogins' | 'dropped'): number {
  const steps = Math.ceil(recentSeconds / history.stepSeconds);
  const rates = history.series[series].slice(-steps);
  return Math.round(rates.reduce<number>((sum, rate) => sum + (rate ?? 0) * history.stepSeconds, 0));
}

/** Names in a sentence. Client ids are whatever their clients say. */
function listed(names: readonly string[], count = names.length): string {
  const said = names.slice(0, mostSaid).map(safe);
  const more = count - said.length;
  if (said.length === 0) return `${more} of them`;
  return more > 0 ? `${said.join(', ')} and ${more} more` : said.join(', ');
}

/** Reasons behind a sentence, as somebody else has worded them. */
function because(reasons: ReadonlyArray<string | null>): string {
  const said = [...new Set(reasons)].flatMap((reason) => (reason === null ? [] : shortened(reason, longestReason)));
  return said.length === 0 ? '' : `: ${said.slice(0, mostSaid).join('; ').replace(/\.$/, '')}`;
}

function shortened(text: string, most: number): string {
  return text.length > most ? `${text.slice(0, most)}…` : text;
}

function safe(name: string): string {
  const cut = shortened(name, longestSaid);
  return /^[\w./:-]+…?$/.test(cut) ? cut : inQuotes(cut);
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}
