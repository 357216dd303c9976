/** The page: asks for the status every few seconds, and shows what is known and how old it is. */

import 'uplot/dist/uPlot.min.css';
import './page.css';
import { shown as name } from '../../watching/shown';
import type { Status } from '../../watching/status';
import { Charts } from './charts';
import { choices } from './choices';
import { byId, element, Place } from './element';
import { clock, duration, zone } from './format';
import * as show from './show';
import { ask, isLack, type Lack, lackWords } from './source';
import { type Labels, languageTags, words } from './words';

const pauseMilliseconds = 5_000;

const chosen = choices(render);
const view: show.DeviceView = { filter: '', all: false };
const charts = new Charts();
const places = Object.fromEntries(
  [
    'news',
    'verdict-live',
    'verdict-facts',
    'findings',
    'shares',
    'listeners',
    'devices',
    'accounts',
    'counted',
    'deployment',
    'foot',
  ].map((id) => [id, new Place(byId(id))]),
);

/** Without HTTPS there is no clipboard but on this machine; a command can still be selected. */
const copy: show.Copy | undefined = navigator.clipboard && ((text) => navigator.clipboard.writeText(text));

let status: Status | undefined;
/** Since when it is known, by the clock that nobody sets, and by the one on the wall. */
let since = 0;
let updated = new Date();
let lack: Lack | undefined;
let isAsking = false;
let timer: ReturnType<typeof setTimeout> | undefined;

function render(): void {
  const { language, theme } = chosen;
  const reader = { language, words: words[language] };
  const root = document.documentElement;
  root.lang = languageTags[language];
  if (root.dataset.theme !== theme) {
    root.dataset.theme = theme;
    charts.forget();
  }
  for (const each of document.querySelectorAll<HTMLElement>('[data-word]')) {
    const text = reader.words.labels[each.dataset.word as keyof Labels];
    if (each.textContent !== text) each.textContent = text;
  }
  news(reader);
  byId('known').hidden = status === undefined;
  if (status === undefined) return;
  document.body.classList.toggle('stale', lack !== undefined);
  shown(status, reader);
}

function news(reader: show.Reader): void {
  const age = duration(reader.language, (performance.now() - since) / 1_000);
  const said = lack && lackWords(lack, reader.words);
  // A number that counts up would be read out every few seconds.
  place('news').show([lack, reader.language, status === undefined], () =>
    said === undefined
      ? []
      : [
          element(
            'p',
            { class: 'card news' },
            status === undefined ? reader.words.silent(said) : said,
            element('span', { class: 'age', 'aria-live': 'off' }),
          ),
        ],
  );
  const told = byId('news').querySelector('.age');
  if (told !== null && said !== undefined && status !== undefined) {
    told.textContent = reader.words.gone('', age).trim();
  }
}

function shown(known: Status, reader: show.Reader): void {
  const { language, words: said } = reader;
  const { broker, stack } = known;
  const isStale = lack !== undefined;
  const verdict = broker.up ? (isStale ? said.wasUp : said.up) : isStale ? said.wasDown : said.down;
  const tone = isStale ? 'plain' : broker.up ? 'good' : 'critical';
  byId('stack').textContent = name(stack);
  document.title = `${name(stack)}: ${verdict}`;
  const isGrave = known.findings.some(({ weight }) => weight === 'critical');
  icon(tone === 'good' && isGrave ? 'warning' : tone);
  byId('verdict').className = tone;
  place('verdict-live').show([verdict, language], () => [element('h2', { id: 'verdict-words' }, verdict)]);
  place('verdict-facts').show([broker, known.container, known.findings, language, today()], () =>
    show.verdictFacts(known, reader),
  );
  place('findings').show([known.findings, broker.reason, language], () => show.findings(known, reader, copy));
  const { clients, fleet, memory, disk, proof } = known;
  place('shares').show(
    [clients, fleet.declared, fleet.connected, fleet.silent, memory, disk, proof, language, today()],
    () => show.shares(known, reader),
  );
  charts.show(known.history, reader);
  place('listeners').show([known.listeners, known.findings, language], () => show.listeners(known, reader));
  byId('filter-place').hidden = fleet.devices.length <= show.fewDevices;
  place('devices').show([fleet, view, language, today()], () => show.devices(known, reader, view, toggleDevices));
  place('accounts').show([known.accounts, broker.up, language], () => show.accounts(known, reader));
  place('counted').show([known.counted, language], () => show.counted(known, reader));
  place('deployment').show([known.deployment, proof, language, today()], () => show.deployment(known, reader));
  const at = clock(language, updated, true);
  place('foot').show([at, language], () => [
    element('span', {}, said.updated(at)),
    element('span', {}, said.zone(zone(language))),
  ]);
  show.keepTime(document, reader, Date.parse(known.time) + performance.now() - since);
}

function place(id: string): Place {
  const found = places[id];
  if (found === undefined) throw new Error(`no place ${id}`);
  return found;
}

/** A time of today is shown without its day. */
function today(): string {
  return new Date().toDateString();
}

function toggleDevices(): void {
  view.all = !view.all;
  render();
}

const icons = { good: '#1a7f4b', warning: '#d68a10', critical: '#c4232b', plain: '#7a828c' } as const;

function icon(tone: keyof typeof icons): void {
  const shape =
    tone === 'critical' ? '<rect x="2" y="2" width="12" height="12" rx="2"' : '<circle cx="8" cy="8" r="6.5"';
  const picture = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16">${shape} fill="${icons[tone]}"/></svg>`;
  const link = byId('icon') as HTMLElement as HTMLLinkElement;
  const address = `data:image/svg+xml,${encodeURIComponent(picture)}`;
  if (link.href !== address) link.href = address;
}

async function refresh(): Promise<void> {
  if (isAsking) return;
  isAsking = true;
  clearTimeout(timer);
  const told = await ask();
  isAsking = false;
  if (isLack(told)) lack = told;
  else {
    status = told;
    since = performance.now();
    updated = new Date();
    lack = undefined;
  }
  try {
    render();
  } catch (error) {
    // What has no such shape is of another version than this page.
    console.error(error);
    lack = { kind: 'unreadable' };
    news({ language: chosen.language, words: words[chosen.language] });
  }
  timer = setTimeout(refresh, pauseMilliseconds);
}

byId<HTMLInputElement>('filter').addEventListener('input', (event) => {
  view.filter = (event.target as HTMLInputElement).value;
  render();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
  charts.forget();
  render();
});
// A page that nobody has looked at may be minutes old.
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) void refresh();
});
render();
void refresh();
