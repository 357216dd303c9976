/** A status as the parts of the page. */

import { shown as name } from '../../watching/shown';
import { type DeviceStatus, type Finding, type ListenerStatus, mostListed, type Status } from '../../watching/status';
import { diskFreeShares, memoryShares } from '../../watching/thresholds';
import { type Child, element } from './element';
import { bytes, count, day, duration, milliseconds, moment, percent } from './format';
import type { Language, Words } from './words';

export interface Reader {
  language: Language;
  words: Words;
}

/** Takes a text to where the reader can paste it from. */
export type Copy = (text: string) => Promise<void>;

type Tone = 'good' | 'warning' | 'critical' | 'plain';

/** A state in words, with a sign for who sees no colours. */
function mark(tone: Tone, text: string): HTMLElement {
  const signs: Record<Tone, string> = { good: '●', warning: '▲', critical: '■', plain: '○' };
  return element(
    'span',
    { class: `mark ${tone}` },
    element('span', { 'aria-hidden': 'true' }, signs[tone]),
    ` ${text}`,
  );
}

/** A name of somebody else's, whatever its direction. */
function own(text: string): HTMLElement {
  return element('bdi', text.length > 96 ? { title: name(text.slice(0, 1_024)) } : {}, name(text));
}

function time(language: Language, iso: string): HTMLElement {
  return element('time', { datetime: iso, title: name(iso) }, moment(language, iso));
}

/** How long something is so; `keepTime` keeps it right. */
function lasting(iso: string): HTMLElement {
  return element('span', { class: 'quiet', 'data-since': iso });
}

export function keepTime(root: ParentNode, { language, words }: Reader, nowMilliseconds: number): void {
  for (const each of root.querySelectorAll<HTMLElement>('[data-since]')) {
    const seconds = (nowMilliseconds - Date.parse(each.dataset.since ?? '')) / 1_000;
    const text = Number.isFinite(seconds) ? words.ago(duration(language, seconds)) : '';
    if (each.textContent !== text) each.textContent = text;
  }
}

/** Facts under the verdict. */
export function verdictFacts({ broker, container, findings: found }: Status, { language, words }: Reader): Child[] {
  const facts: Child[] = [];
  if (broker.reason !== null && !broker.up) {
    facts.push(
      element('p', { class: 'why' }, `${words.reason}: `, element('span', { lang: 'en' }, name(broker.reason))),
    );
  }
  const line: Child[] = [];
  for (const weight of ['critical', 'warning'] as const) {
    const each = found.filter((finding) => finding.weight === weight).length;
    if (each > 0) line.push(mark(weight, words.weighed[weight](each)));
  }
  if (broker.version !== null) line.push(element('span', {}, `${words.version} `, own(broker.version)));
  if (broker.up && broker.since !== null) {
    line.push(element('span', {}, `${words.since} `, time(language, broker.since), ' ', lasting(broker.since)));
  }
  line.push(element('span', {}, `${words.container} `, own(container)));
  return [...facts, element('p', { class: 'facts' }, ...line)];
}

export function findings(status: Status, { words }: Reader, copy: Copy | undefined): Child[] {
  if (status.findings.length === 0) return [element('p', { class: 'card calm' }, mark('good', words.nothingFound))];
  return [
    element(
      'ol',
      { class: 'findings' },
      ...status.findings.map((finding) => {
        const { kind, weight, run } = finding;
        return element(
          'li',
          { class: `card finding ${weight}` },
          element('h3', {}, mark(weight, words.weights[weight]), ' ', words.kinds[kind] ?? name(kind)),
          element('p', {}, sentence(finding, status, words)),
          element(
            'p',
            { class: 'run' },
            element('span', { class: 'quiet' }, words.run),
            ' ',
            element('code', {}, name(run)),
            ' ',
            copy === undefined ? null : copyButton(`${kind} ${run}`, run, words, copy),
          ),
        );
      }),
    ),
  ];
}

const mostSaid = 3;
const longestSentence = 600;

function sentence(finding: Finding, status: Status, words: Words): HTMLElement {
  const said = finding.of
    .slice(0, mostSaid)

    .map((each) => name(each))
    .map((each) => `\u2068${each}\u2069`);
  const more = finding.count - said.length;
  const names = said.join(words.separator);
  const says = words.says[finding.kind];
  const readable = { ...finding, says: name(finding.says, longestSentence) };
  // A kind that a newer exporter knows comes in its own words.
  if (says === undefined) return element('span', { lang: 'en' }, readable.says);
  return element('span', {}, says(readable, more > 0 ? words.andMore(names, more) : names, withNames(status)));
}

/** With what others have worded as it may stand in a sentence. */
function withNames(status: Status): Status {
  const { broker, listeners, container } = status;
  const worded = <Part extends { reason: string | null }>(part: Part) => ({
    ...part,
    reason: part.reason && name(part.reason),
  });
  return { ...status, container: name(container), broker: worded(broker), listeners: listeners.map(worded) };
}

function copyButton(key: string, text: string, words: Words, copy: Copy): HTMLElement {
  const button = element(
    'button',
    { type: 'button', class: 'copy', 'data-key': key, 'aria-label': `${words.copy}: ${name(text)}` },
    words.copy,
  );
  button.addEventListener('click', () => {
    copy(text).then(
      () => {
        button.textContent = words.copied;
        setTimeout(() => {
          button.textContent = words.copy;
        }, 2_000);
      },
      () => {},
    );
  });
  return button;
}

/** Values beside their limits. */
export function shares(status: Status, reader: Reader): Child[] {
  const { language, words } = reader;
  const { clients, fleet, memory, disk, proof } = status;
  const used = disk.freeBytes === null || disk.diskBytes === null ? null : disk.diskBytes - disk.freeBytes;
  return [
    tile(reader, words.tiles.connections, {
      value: clients.connected,
      limit: clients.limit,
      format: (value) => count(language, value),
      warning: 0.8,
      critical: 0.95,
    }),
    fleetTile(fleet, reader),
    tile(reader, words.tiles.memory, {
      value: memory.bytes,
      limit: memory.limitBytes,
      format: (value) => bytes(language, value),
      ...memoryShares,
    }),
    tile(reader, words.tiles.disk, {
      value: used,
      limit: disk.diskBytes ?? 0,
      format: (value) => bytes(language, value),
      warning: 1 - diskFreeShares.warning,
      critical: 1 - diskFreeShares.critical,
      note: disk.databaseBytes === null ? null : words.database(bytes(language, disk.databaseBytes)),
    }),
    proofTile(proof, reader),
  ];
}

interface Share {
  value: number | null;
  limit: number;
  format: (value: number) => string;
  /** From which shares on. */
  warning: number;
  critical: number;
  note?: string | null;
}

function tile({ language, words }: Reader, title: string, share: Share): HTMLElement {
  const { value, limit, format, warning, critical, note = null } = share;
  if (value === null) return plainTile(title, words.unknown, note);
  if (limit <= 0) return plainTile(title, format(value), note);
  const part = value / limit;
  const tone: Tone = part >= critical ? 'critical' : part >= warning ? 'warning' : 'good';
  const said = words.of(format(value), format(limit));
  const fill = element('span', { class: `fill ${tone}` });
  fill.style.setProperty('inline-size', `${Math.min(100, 100 * part)}%`);
  const meter = element(
    'div',
    {
      class: 'meter',
      role: 'meter',
      'aria-label': title,
      'aria-valuemin': '0',
      'aria-valuemax': String(limit),
      'aria-valuenow': String(Math.min(limit, value)),
      'aria-valuetext': said,
    },
    fill,
  );
  return element(
    'div',
    { class: 'card tile' },
    element('h3', {}, title),
    element('p', { class: 'figure' }, format(value), ' ', element('small', {}, words.outOf(format(limit)))),
    meter,
    element('p', { class: 'quiet' }, [percent(language, part), note].filter((each) => each !== null).join(' · ')),
  );
}

function plainTile(title: string, figure: string, ...notes: Child[]): HTMLElement {
  return element(
    'div',
    { class: 'card tile' },
    element('h3', {}, title),
    element('p', { class: 'figure' }, figure),
    ...notes.map((note) => note && element('p', { class: 'quiet' }, note)),
  );
}

function fleetTile({ declared, connected, silent }: Status['fleet'], reader: Reader): HTMLElement {
  const { language, words } = reader;
  if (declared === 0) return plainTile(words.tiles.devices, count(language, 0));
  const made = tile(reader, words.tiles.devices, {
    value: connected,
    limit: declared,
    format: (value) => count(language, value),
    // Devices may be away.
    warning: 2,
    critical: 2,
  });
  if (silent === null) return made;
  const says = silent === 0 ? mark('good', words.noneSilent) : mark('warning', words.silentDevices(silent));
  made.lastElementChild?.replaceChildren(says);
  return made;
}

function proofTile(proof: Status['proof'], { language, words }: Reader): HTMLElement {
  const title = words.tiles.proof;
  if (proof === null) return plainTile(title, words.unknown, mark('warning', words.neverProved));
  const { time: at, checks, failed } = proof;
  const made = plainTile(
    title,
    '',
    failed.length === 0
      ? mark('good', words.checksHold(checks))
      : mark('critical', words.checksFailed(failed.length, checks)),
    time(language, at),
  );
  const figure = made.querySelector('.figure');
  figure?.replaceChildren(element('span', { 'data-since': at }));
  return made;
}

interface Column {
  title: string;
  /** Numbers stand at the end of their column. */
  kind?: 'number';
}

/** A table that becomes a list of cards on a narrow screen; its roles are said, since its looks then take them away. */
function table(
  label: string,
  columns: readonly Column[],
  rows: ReadonlyArray<readonly Child[]>,
  kind = '',
): HTMLElement {
  const cell = ({ title, kind: type }: Column, content: Child, index: number) =>
    element(
      index === 0 ? 'th' : 'td',
      {
        role: index === 0 ? 'rowheader' : 'cell',
        ...(type && { class: type }),
        ...(index > 0 && { 'data-title': title }),
      },
      element('div', {}, content),
    );
  return element(
    'table',
    { role: 'table', 'aria-labelledby': label, class: `card ${kind}` },
    element(
      'thead',
      { role: 'rowgroup' },
      element(
        'tr',
        { role: 'row' },
        ...columns.map(({ title, kind: type }) =>
          element('th', { role: 'columnheader', ...(type && { class: type }) }, title),
        ),
      ),
    ),
    element(
      'tbody',
      { role: 'rowgroup' },
      ...rows.map((row) =>
        element('tr', { role: 'row' }, ...columns.map((column, index) => cell(column, row[index] ?? '', index))),
      ),
    ),
  );
}

export function listeners(status: Status, { language, words }: Reader): Child[] {
  const { columns } = words;
  if (status.listeners.length === 0) return [element('p', { class: 'card quiet' }, words.none)];
  const rows = status.listeners.map((listener): Child[] => [
    own(listener.name),
    String(listener.port),
    listener.up
      ? mark('good', words.answers)
      : element(
          'span',
          {},
          mark('critical', words.noAnswer),
          listener.reason && element('span', { class: 'quiet under', lang: 'en' }, name(listener.reason)),
        ),
    listener.roundTripSeconds === null ? '–' : milliseconds(language, listener.roundTripSeconds * 1_000),
    certificate(listener, status.findings, { language, words }),
  ]);
  return [
    table(
      'listeners-title',
      [
        { title: columns.listener },
        { title: columns.port, kind: 'number' },
        { title: columns.state },
        { title: columns.roundTrip, kind: 'number' },
        { title: columns.certificate },
      ],
      rows,
    ),
  ];
}

function certificate(
  { name: listener, certificate: served }: ListenerStatus,
  found: readonly Finding[],
  reader: Reader,
) {
  const { language, words } = reader;
  if (served === null) return element('span', { class: 'quiet' }, words.noCertificate);
  const { notAfter, remainingDays, matches } = served;
  const days = Math.floor(remainingDays);
  const ending = found.find(({ kind, of }) => kind === 'certificate-ends' && of.includes(listener));
  return element(
    'span',
    {},
    mark(ending?.weight ?? (matches ? 'good' : 'critical'), days < 0 ? words.ended : words.days(days)),
    element(
      'span',
      { class: 'quiet under' },
      [words.until(day(language, notAfter)), matches ? words.matches : words.differs].join(words.separator),
    ),
  );
}

/** How many are shown before somebody asks for more. */
export const fewDevices = 12;

export interface DeviceView {
  filter: string;
  all: boolean;
}

export function devices({ fleet }: Status, { language, words }: Reader, view: DeviceView, toggle: () => void): Child[] {
  if (fleet.declared === 0) return [element('p', { class: 'card quiet' }, words.noDevices)];
  const wanted = view.filter.trim().toLowerCase();
  const found = inOrder(fleet.devices).filter(({ id, role, address }) =>
    [id, role, address ?? ''].some((text) => text.toLowerCase().includes(wanted)),
  );
  const shown = view.all ? found : found.slice(0, fewDevices);
  const { columns } = words;
  const parts: Child[] = [];
  if (fleet.devices.length < fleet.declared) {
    parts.push(
      element(
        'p',
        { class: 'quiet' },
        words.shownOf(count(language, Math.min(mostListed, fleet.devices.length)), count(language, fleet.declared)),
      ),
    );
  }
  if (shown.length === 0) return [...parts, element('p', { class: 'card quiet' }, words.noMatch)];
  const rows = shown.map(({ id, role, connected, since, address, silent }): Child[] => [
    own(id),
    deviceMark(connected, silent, words),
    since === null ? '–' : element('span', {}, time(language, since), ' ', lasting(since)),
    address === null ? '–' : own(address),
    own(role),
  ]);
  const titles = [columns.device, columns.state, columns.since, columns.address, columns.role];
  parts.push(
    table(
      'devices-title',
      titles.map((title) => ({ title })),
      rows,
      'pairwise',
    ),
  );
  if (found.length > fewDevices) {
    const button = element(
      'button',
      { type: 'button', 'data-key': 'all-devices', 'aria-expanded': String(view.all) },
      view.all ? words.showFewer : words.showAll(found.length),
    );
    button.addEventListener('click', toggle);
    parts.push(element('p', {}, button));
  }
  return parts;
}

function deviceMark(connected: boolean | null, silent: boolean, words: Words): HTMLElement {
  if (silent) return mark('warning', words.awaySilent);
  if (connected === null) return mark('plain', words.notSeen);
  return connected ? mark('good', words.connected) : mark('plain', words.away);
}

/** Who is looked for comes first: silent, then away, then unknown; of each, by id. */
function inOrder(all: readonly DeviceStatus[]): DeviceStatus[] {
  const rank = ({ silent, connected }: DeviceStatus) =>
    silent ? 0 : connected === false ? 1 : connected === null ? 2 : 3;
  return [...all].sort((a, b) => rank(a) - rank(b) || (a.id < b.id ? -1 : 1));
}

export function accounts({ accounts: connected, broker }: Status, { language, words }: Reader): Child[] {
  if (connected.length === 0 || !broker.up) {
    return [element('p', { class: 'card quiet' }, broker.up ? words.none : words.notKnownWhileDown)];
  }
  return [pairs(connected.map(({ username, connections }) => [own(username), count(language, connections)]))];
}

export function counted({ counted: numbers }: Status, { language, words }: Reader): Child[] {
  const names = Object.entries(words.countedNames) as Array<[keyof Status['counted'], string]>;
  return [pairs(names.map(([key, title]) => [title, count(language, numbers[key])]))];
}

export function deployment(
  { deployment: { digest, time: deployed }, proof }: Status,
  { language, words }: Reader,
): Child[] {
  const failed = proof?.failed ?? [];
  return [
    pairs([
      [words.deployed, time(language, deployed)],
      [words.digest, element('code', {}, name(digest.slice(0, 12)))],
      [words.proved, proof === null ? words.neverProved : time(language, proof.time)],
      ...(proof === null
        ? []
        : [
            [
              words.result,
              failed.length === 0
                ? words.checksHold(proof.checks)
                : element(
                    'span',
                    {},
                    words.checksFailed(failed.length, proof.checks),
                    ...failed.map((check) => element('span', { class: 'quiet under', lang: 'en' }, name(check))),
                  ),
            ] as [Child, Child],
          ]),
    ]),
  ];
}

function pairs(rows: ReadonlyArray<readonly [Child, Child]>): HTMLElement {
  return element(
    'dl',
    { class: 'card pairs' },
    ...rows.map(([title, value]) => element('div', {}, element('dt', {}, title), element('dd', {}, value))),
  );
}
