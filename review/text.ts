/** A review in lines, whatever they are shown by: what stands in each section, the most important first. */

import type { Review } from './form';
import type { Mark } from './verdict';

/** How something is shown that is not the display's own. */
export interface Display {
  /** A name or a value that somebody has chosen. */
  name: Mark;
  /** A sentence that may hold such names. */
  sentence: Mark;
}

export interface Section {
  title: string;
  /** Each line by itself; the first ones are those that stay where there is no room for all. */
  lines: string[];
}

/** Characters that name a commit. */
const shortCommit = 12;
/** Names that are told before they are counted. */
const shownNames = 20;

/** Every section that has something to say, in the order in which a reviewer needs them. */
export function sectionsOf(review: Review, display: Display): Section[] {
  const { name: mark, sentence: prose } = display;
  const sections: Section[] = [
    { title: 'Access', lines: accessLines(review.access, mark) },
    { title: 'Accounts', lines: accountLines(review.accounts, mark) },
    { title: 'Devices', lines: deviceLines(review, mark) },
    { title: 'Listeners and firewall', lines: [...listenerLines(review.listeners, mark), ...review.reach.map(prose)] },
    { title: 'Certificates', lines: certificateLines(review.certificates, display) },
    { title: 'Image, limits and other settings', lines: settingLines(review, mark) },
    { title: 'Cannot be undone', lines: review.irreversible.map(prose) },
    { title: 'Bundles that are handed out no longer fit', lines: review.bundles.map(prose) },
    { title: 'Changed by others', lines: (review.drift ?? []).map(prose) },
    { title: 'Not known here', lines: review.unknown.map(prose) },
  ];
  return sections.filter(({ lines }) => lines.length > 0);
}

/** What is gained stands before what is lost. */
function accessLines(access: Review['access'], mark: Mark): string[] {
  const lines = (['gained', 'lost'] as const).map((change) => access.filter((each) => each.change === change));
  return lines.flat().map(({ kind, name, change, access: use, topic, partly, example }) => {
    const part = partly ? ` (in part, such as ${mark(example)})` : '';
    const verb = kind === 'devices' ? (change === 'gained' ? 'gain' : 'lose') : change === 'gained' ? 'gains' : 'loses';
    return `${kind} ${mark(name)} ${verb} ${words[use]} ${mark(topic)}${part}`;
  });
}

const words = { read: 'reading of', write: 'writing to', readwrite: 'reading of and writing to' } as const;

function accountLines({ added, removed, rotated }: Review['accounts'], mark: Mark): string[] {
  return [
    ...named('account', 'to be added', added, mark),
    ...named('account', 'to be removed, and out at once', removed, mark),
    ...named('account', 'to get a new password, and out until they have it', rotated, mark),
  ];
}

function deviceLines({ devices }: Review, mark: Mark): string[] {
  if (devices === null) return [];
  const { before, after, added, revoked, rotated, reassigned } = devices;
  // A whole fleet may go one way: its roles are looked at once, and no list is copied for each device.
  const ways = new Map<string, { from: string; to: string; ids: string[] }>();
  for (const { id, from, to } of reassigned) {
    const key = JSON.stringify([from, to]);
    const way = ways.get(key) ?? { from, to, ids: [] };
    way.ids.push(id);
    ways.set(key, way);
  }
  const lines = [
    ...named('device', 'to be added', added, mark),
    ...named('device', 'to be revoked, and out at once', revoked, mark),
    ...named('device', 'to get a new password, and out until they have it', rotated, mark),
    ...[...ways.values()].flatMap(({ from, to, ids }) =>
      named('device', `to get the role ${mark(to)} in place of ${mark(from)}, and to stay connected`, ids, mark),
    ),
  ];
  if (before === null) return [`${after} devices; how many come or go is not known here`];
  return lines.length === 0 || before === after ? lines : [...lines, `${after} devices in place of ${before}`];
}

/** So many, and who they are. */
function named(noun: string, what: string, names: readonly string[], mark: Mark): string[] {
  if (names.length === 0) return [];
  const more = names.length > shownNames ? `, and ${names.length - shownNames} more` : '';
  const all = names.slice(0, shownNames).map(mark).join(', ');
  return [`${names.length} ${noun}${names.length === 1 ? '' : 's'} ${what}: ${all}${more}`];
}

function listenerLines({ added, removed, changed }: Review['listeners'], mark: Mark): string[] {
  return [
    ...named('listener', 'to be opened', added, mark),
    ...named('listener', 'to be closed', removed, mark),
    ...changed.flatMap(({ name, what }) => what.map((each) => `${mark(name)}: ${mark(each)}`)),
  ];
}

const outcomes = {
  stays: 'stays',
  made: 'is made',
  renewed: 'is renewed, and nobody notices',
  replaced: 'is replaced, and nobody notices',
  retired: 'is no longer used',
} as const;

/** Of certificates to which nothing happens only those that ask for something, and how long all others last. */
function certificateLines({ list, steps }: Review['certificates'], { name: mark, sentence: prose }: Display): string[] {
  const days = ({ daysLeft }: { daysLeft: number | null }) =>
    daysLeft === null ? '' : `; the present one has ${daysLeft} days left`;
  const isQuiet = ({ outcome, warning }: (typeof list)[number]) => outcome === 'stays' && warning === null;
  const changed = list.filter((each) => !isQuiet(each));
  const quiet = list.filter((each) => isQuiet(each) && each.daysLeft !== null);
  const rest = quiet.map((each) => `${mark(each.name)} ${each.daysLeft}`).join(', ');
  return [
    ...steps.map(prose),
    ...changed.map((each) =>
      each.warning === null ? `${mark(each.name)} ${outcomes[each.outcome]}${days(each)}` : prose(each.warning),
    ),
    ...(rest === '' ? [] : [`days left: ${rest}`]),
  ];
}

function settingLines({ image, settings, live }: Review, mark: Mark): string[] {
  const of = (value: string | null) => (value === null || value === '' ? 'nothing' : mark(value));
  const changes = image === null ? settings : [{ key: 'image', ...image }, ...settings];
  return [
    ...changes.map(({ key, before, after }) => `${mark(key)}: ${of(after)} in place of ${of(before)}`),
    ...live.map((line) => `the container gets another limit while it runs: ${mark(line)}`),
  ];
}

/** With what the review compares, in one sentence. */
export function againstWords({ against }: Review, mark: Mark): string {
  const { source, base, isBaseDeployed } = against;
  const at = base === null ? 'the base revision' : `the base revision ${mark(base.slice(0, shortCommit))}`;
  if (source === 'base') return `Compared with ${at}; whether that is what is deployed is not known here.`;
  if (source === 'nothing') return 'Nothing is deployed yet.';
  if (isBaseDeployed === false) {
    return `Compared with what is deployed, which is not ${at}: some of what follows may come from earlier changes.`;
  }
  return isBaseDeployed === true
    ? `Compared with what is deployed, which is ${at}.`
    : 'Compared with what is deployed.';
}

const levelWords: Readonly<Record<Review['levels'][number]['level'], string>> = {
  'everybody-disconnected': 'everybody is disconnected',
  'access-widened': 'access is widened',
  'listener-opened': 'a listener is opened to the world',
  'tls-weakened': 'TLS is weakened',
  'fleet-shrinks': 'the fleet shrinks',
  'protected-replaced': 'something protected is replaced',
  'certificate-expires': 'a certificate asks for something',
  drift: 'what runs is not what was deployed',
};

/** What a pipeline may fail by; those that make it fail come first. */
export function warningsOf({ levels }: Review, { name, sentence }: Display): Array<{ fails: boolean; words: string }> {
  // That everybody is disconnected is the verdict itself.
  const told = levels.filter(({ level, fails }) => fails || level !== 'everybody-disconnected');
  const sorted = [...told.filter(({ fails }) => fails), ...told.filter(({ fails }) => !fails)];
  return sorted.map(({ level, because, fails }) => {
    const [first = '', ...more] = because;
    const rest = more.length === 0 ? '' : `, and ${more.length} more`;
    return { fails, words: `${levelWords[level]} (${name(level)}): ${sentence(first)}${rest}` };
  });
}
