/**
 * What a doctor may find of a deployed broker. The order of the kinds is that of cause and effect: what stands above may be
 * why something below is so, and is to be mended first.
 */

/** How much a finding asks for: somebody is not served or may get in, it will come to that, or it is good to know. */
export const weights = ['critical', 'warning', 'note'] as const;
export type Weight = (typeof weights)[number];

interface Kind {
  weight: Weight;
  /** Kinds that follow from it, and are not told beside it; `all` for everything below. */
  hides: readonly string[] | 'all';
}

/** What cannot be seen or heard of a broker that does not serve. */
const effects = [
  'network-changed',
  'port-unpublished',
  'certificate-differs',
  'certificate-expired',
  'certificate-early',
  'certificate-names',
  'unhealthy',
  'listener-silent',
  'name-elsewhere',
] as const;

const starts = ['container-stopped', 'container-restarting', 'container-killed'] as const;

export const kinds = {
  'engine-silent': critical('all'),
  'broker-of-another': critical('all'),
  'port-taken': critical([...starts, ...effects]),
  'disk-full': critical(['container-restarting', 'unhealthy', 'disk-filling']),
  'file-unreadable': critical(['container-restarting', 'unhealthy', 'listener-silent']),
  'files-changed': critical(['container-restarting', 'certificate-differs', 'certificate-names', 'listener-silent']),
  'container-gone': critical(['container-changed', ...effects]),
  'container-changed': warning(['container-killed', 'port-unpublished', 'listener-silent']),
  'container-killed': critical(['container-stopped', 'container-restarting', 'memory-near-limit', ...effects]),
  'container-stopped': critical([...effects]),
  'container-paused': critical([...effects]),
  'container-restarting': critical([...effects]),
  'network-changed': warning(['port-unpublished', 'listener-silent']),
  'port-unpublished': critical(['listener-silent', 'name-elsewhere']),
  'clock-off': critical(['certificate-expired', 'certificate-early', 'certificate-ends']),
  'certificate-differs': critical(['certificate-names', 'name-elsewhere']),
  'certificate-expired': critical(['certificate-ends', 'name-elsewhere']),
  'certificate-early': critical(['name-elsewhere']),
  'certificate-names': critical(['name-elsewhere']),
  unhealthy: critical(['listener-silent']),
  'listener-silent': critical(['name-elsewhere']),
  'listener-open': critical([]),
  'firewall-changed': critical([]),
  'delivery-unfinished': warning([]),
  'memory-near-limit': warning([]),
  'connections-near-limit': warning([]),
  'descriptors-near-limit': warning([]),
  'disk-filling': warning([]),
  'name-unresolved': warning(['name-elsewhere']),
  'name-elsewhere': warning([]),
  'contested-client-id': warning(['flapping-client']),
  'refused-logins': warning([]),
  'flapping-client': warning([]),
  'messages-dropped': warning([]),
  'certificate-ends': warning([]),
  'watcher-down': warning([]),
  'log-lines': note([]),
  'firewall-manager': note([]),
} as const satisfies Readonly<Record<string, Kind>>;

export type FindingKind = keyof typeof kinds;

/** One thing that is wrong, or may become so. */
export interface Finding {
  kind: FindingKind;
  weight: Weight;
  /** For whom or where: listeners, client ids, names; empty where it is the broker as a whole. */
  of: string[];
  /** What is wrong, one sentence. */
  says: string;
  /** What to do, or the line to write, one sentence. */
  remedy: string;
  /** Commands of a shell that do it, one after the other; none where they cannot. */
  run: string[];
}

/** What could not be looked at. */
export interface Unseen {
  what: string;
  why: string;
}

/** @param weight in place of that of the kind */
export function finding(
  kind: FindingKind,
  told: { of?: readonly string[]; says: string; remedy: string; run?: readonly string[]; weight?: Weight },
): Finding {
  const { of = [], says, remedy, run = [], weight = kinds[kind].weight } = told;
  return { kind, weight, of: [...of], says, remedy, run: [...run] };
}

/** Findings with the cause first, and without what follows from another one. What is over follows from nothing. */
export function diagnosed(all: readonly Finding[]): Finding[] {
  const order = Object.keys(kinds);
  const sorted = [...all].sort((a, b) => order.indexOf(a.kind) - order.indexOf(b.kind));
  const told: Finding[] = [];
  for (const each of sorted) {
    const isHidden = told.some(({ kind, weight }) => weight !== 'note' && hides(kind, each.kind));
    if (!isHidden) told.push(each);
  }
  // What is over stands behind what is so.
  return [...told.filter(({ weight }) => weight !== 'note'), ...told.filter(({ weight }) => weight === 'note')];
}

function hides(cause: FindingKind, effect: FindingKind): boolean {
  const hidden: readonly string[] | 'all' = kinds[cause].hides;
  return hidden === 'all' ? cause !== effect : hidden.includes(effect);
}

/**
 * 0: nothing needs a hand. 1: something does. 2: nothing was found, and not everything could be looked at. Notes need no
 * hand.
 */
export function exitCode(findings: readonly Finding[], unseen: readonly Unseen[]): 0 | 1 | 2 {
  if (findings.some(({ weight }) => weight !== 'note')) return 1;
  return unseen.length > 0 ? 2 : 0;
}

function critical<const Hides extends readonly string[] | 'all'>(hides: Hides) {
  return { weight: 'critical', hides } as const;
}

function warning<const Hides extends readonly string[]>(hides: Hides) {
  return { weight: 'warning', hides } as const;
}

function note<const Hides extends readonly string[]>(hides: Hides) {
  return { weight: 'note', hides } as const;
}
