/**
 * Proves that the status page of the exporter can be read in Debian's Chromium under the policy that it is served with: on a
 * telephone, a tablet, a desk and a wide one, in light and in dark, nothing is wider than the window, axe-core finds
 * nothing, and what clients call themselves is text. It says so when the broker is down, and when nobody answers any more.
 * Whether it is good to look at is for people.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import { languages, words } from '../../exporter/page/words';
import type { Facts } from '../../watching/findings';
import { flat, history, now, soundFacts, statusOf, stepSeconds } from '../unit/statuses';
import { TestBrowser } from './browser';
import { StatusServer } from './statusServer';

/** Where somebody wants to look at it. */
const pictures = process.env.AIPI_PICTURES;

const script = '<img src=x onerror=alert(1)>';
const hostile = [script, 'a\u202etxt.exe', 'x'.repeat(60_000), '\u0007\u001b[31mred', 'عربي/درجة', '</script><script>'];
const { fleet, listeners, disk, memory } = soundFacts();
const [plain, tls] = listeners as [Facts['listeners'][number], Facts['listeners'][number]];

const silent = hostile.map((id) => ({ ...fleet.devices[0], id, silent: true, connected: false, address: script }));
const others = Array.from({ length: 194 }, (_, index) => ({ ...fleet.devices[0], id: `pi-${index}` }));

/** All that can be wrong, said by whoever wishes us ill. */
const worst = statusOf({
  stack: script,
  container: hostile[1] as string,
  broker: { up: true, reason: script, version: script, since: script },
  listeners: [
    { ...plain, name: script, up: false, reason: hostile[2] as string },
    { ...tls, certificate: { notAfter: now, remainingDays: 3, matches: false } },
  ],
  fleet: { declared: 10_000, connected: 194, silent: 6, devices: [...silent, ...others] as Facts['fleet']['devices'] },
  accounts: hostile.map((username) => ({ username, connections: 1 })),
  contested: hostile,
  history: history({ dropped: flat(1), refusedLogins: flat(1), connected: flat(10_000) }),
  queue: { messages: 1_000, limit: 1_000 },
  disk: { ...disk, freeBytes: 4e9 },
  memory: { ...memory, bytes: memory.limitBytes },
  proof: { time: '2026-03-01T00:00:00.000Z', checks: 90, failed: [script, hostile[2] as string] },
});

const unknown = { connected: null, since: null, address: null };
const down = statusOf({
  broker: { up: false, reason: 'nothing listens there', version: null, since: null },
  clients: { connected: null, limit: 1_000 },
  fleet: {
    declared: 5,
    connected: null,
    silent: null,
    devices: fleet.devices.map((device) => ({ ...device, ...unknown })),
  },
  accounts: [],
  memory: { ...memory, bytes: null },
  history: history({ connected: flat(null), roundTripMilliseconds: [] }),
});

/** An exporter that has just begun. */
const young = statusOf({
  history: { stepSeconds, start: now, series: { ...history().series, connected: [6], dropped: [null] } },
  fleet: { declared: 0, connected: null, silent: null, devices: [] },
  listeners: [],
  proof: null,
});

const statuses = { sound: statusOf(), worst, down, young };
const widths = [360, 768, 1_280, 1_600] as const;
const cases = [
  ['sound', 'light'],
  ['worst', 'light'],
  ['worst', 'dark'],
  ['down', 'dark'],
  ['young', 'light'],
] as const;

let chromium: TestBrowser;
let server: StatusServer;
let page: Page;
let requests: string[] = [];
let problems: string[] = [];

beforeAll(async () => {
  await TestBrowser.prepare();
  server = await StatusServer.start();
  chromium = await TestBrowser.start();
  page = await chromium.browser.newPage();
  await page.emulateTimezone('Asia/Shanghai');
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
  page.on('dialog', (dialog) => problems.push(dialog.message()));
}, 600_000);

afterAll(async () => {
  await chromium?.end();
  await server?.pause();
});

async function open(status: unknown, scheme: 'light' | 'dark' = 'light', width = 1_280): Promise<void> {
  [requests, problems] = [[], []];
  server.answer = status;
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(server.url);
  await page.waitForFunction(() => document.querySelector('#foot span, #news p') !== null);
}

async function picture(name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, `${name}.png`), await page.screenshot({ fullPage: true }));
}

/** What axe finds. Of what it cannot tell, contrasts in charts and under gradients are left. */
async function found(): Promise<string[]> {
  await page.evaluate(axe.source);
  const { violations, incomplete, passes } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(),
  );
  expect(passes.length).toBeGreaterThan(20);
  const unsure = incomplete.filter(({ id }) => id !== 'color-contrast');
  return [...violations, ...unsure].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
}

function text(selector: string): Promise<string> {
  return page.$eval(selector, (element) => element.textContent ?? '');
}

test.each(cases)('%s in %s', async (name, scheme) => {
  await open(statuses[name], scheme, widths[0]);
  for (const width of widths) {
    await page.setViewport({ width, height: 900 });
    await page.waitForFunction(() => {
      const plot = document.querySelector<HTMLElement>('.plot');
      return plot !== null && (plot.firstElementChild?.clientWidth ?? 0) >= plot.clientWidth - 1;
    });
    await picture(`${name}-${scheme}-${width}`);
    const { widest, inner, height } = await page.evaluate(() => ({
      widest: document.scrollingElement?.scrollWidth ?? Number.POSITIVE_INFINITY,
      inner: window.innerWidth,
      height: document.scrollingElement?.scrollHeight ?? Number.POSITIVE_INFINITY,
    }));
    expect({ inner, isWider: widest > width, isEndless: height > 12_000 }).toEqual({
      inner: width,
      isWider: false,
      isEndless: false,
    });
    if (width === 360 || width === 1_280) expect({ width, found: await found() }).toEqual({ width, found: [] });
  }
  const own = [server.url, `${server.url}status.json`];
  expect(requests.filter((url) => !url.startsWith('data:') && !own.includes(url))).toEqual([]);
  expect(problems).toEqual([]);
});

test('what clients call themselves is text, and cannot be mistaken for other text', async () => {
  await open(worst);
  const made = await page.evaluate(() => ({
    images: document.querySelectorAll('img').length,
    scripts: document.querySelectorAll('script').length,
    ids: [...document.querySelectorAll('#devices tbody th')].slice(0, 6).map(({ textContent }) => textContent),
  }));
  expect(made).toMatchObject({ images: 0, scripts: 1 });
  expect(made.ids).toContain(script);
  expect(made.ids).toContain('a\\u202etxt.exe');
  expect(made.ids).toContain('\\u0007\\u001b[31mred');
  expect(Math.max(...made.ids.map((id) => id?.length ?? 0))).toBeLessThan(200);
  expect(await page.title()).toContain(script);
});

test('it is told in both languages, and says which', async () => {
  for (const language of languages) {
    await open(worst);
    await page.select('#language', language);
    const { labels, kinds } = words[language];
    expect(await text('#findings-title')).toBe(labels.findings);
    for (const { kind } of worst.findings) expect(await text('#findings')).toContain(kinds[kind]);
    expect(await page.$eval('html', ({ lang }) => lang)).toBe(language === 'en' ? 'en' : 'zh-CN');
    expect(await text('#foot')).toContain('Asia/Shanghai');
    expect(await page.$eval('#deployment time', (time) => time.textContent)).toMatch(/16:00/);
    expect(await found()).toEqual([]);
  }
  // It is remembered.
  await page.reload();
  await page.waitForSelector('#foot span');
  expect(await page.$eval('html', ({ lang }) => lang)).toBe('zh-CN');
  await page.select('#language', 'en');
});

test('a chosen theme wins over that of the system', async () => {
  await open(worst, 'dark');
  const ground = () => page.evaluate(() => getComputedStyle(document.body).backgroundColor);
  const dark = await ground();
  await page.select('#theme', 'light');
  expect(await ground()).not.toBe(dark);
  await page.select('#theme', 'system');
  expect(await ground()).toBe(dark);
});

test('the keyboard reaches all that does something, and reads a chart', async () => {
  await open(worst);
  const reached = new Set<string>();
  for (let at = 0; at < 60; at++) {
    await page.keyboard.press('Tab');
    const key = await page.evaluate(() => {
      const active = document.activeElement as HTMLElement;
      return active.dataset.key ?? (active.id || active.className);
    });
    if (key === 'skip' && reached.has('skip')) break;
    reached.add(key);
  }
  const runs = worst.findings.map(({ kind, run }) => `${kind} ${run}`);
  const charts = ['connected', 'messages', 'bytes', 'roundTrip', 'refused', 'dropped'].map((name) => `chart-${name}`);
  for (const key of ['skip', 'language', 'theme', ...runs, ...charts, 'filter', 'all-devices']) {
    expect(reached).toContain(key);
  }
  await page.focus('[data-key="chart-refused"]');
  const told = () => page.$eval('[data-key="chart-refused"]', (chart) => chart.getAttribute('aria-valuetext'));
  expect(await told()).toBe('now: 300, most 300');
  await page.keyboard.press('Home');
  expect(await told()).toBe('20:00: 300');
  await page.keyboard.press('ArrowRight');
  expect(await told()).toBe('20:05: 300');
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement as Element).outlineStyle);
  expect(outline).toBe('solid');
});

test('of many devices those that are looked for are shown', async () => {
  await open(worst);
  const rows = () => page.$$eval('#devices tbody tr', ({ length }) => length);
  expect(await rows()).toBe(12);
  await page.click('[data-key="all-devices"]');
  expect(await rows()).toBe(200);
  await page.type('#filter', 'PI-19');
  expect(await rows()).toBe(5);
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('filter');
});

test('it says that the broker is down, and why', async () => {
  await open(down);
  expect(await text('#verdict')).toContain('The broker is down');
  expect(await text('#verdict')).toContain('nothing listens there');
  expect(await text('#findings')).toContain('npm run doctor -- prod');
  expect(await page.title()).toBe('prod: The broker is down');
});

test('it says that nobody answers, and how old it is, until somebody does', async () => {
  await open(statuses.sound);
  const look = () => page.evaluate(() => document.dispatchEvent(new Event('visibilitychange')));
  await server.pause();
  await look();
  await page.waitForSelector('.news');
  expect(await text('#news')).toMatch(/^The exporter does not answer\.What is shown is \d+ seconds? old\.$/);
  expect(await text('#verdict h2')).toBe('The broker was up');
  expect(await found()).toEqual([]);
  await picture('gone');
  await server.resume();
  server.code = 502;
  await look();
  await page.waitForFunction(() => document.querySelector('.news')?.textContent?.includes('502'));
  server.code = 200;
  server.answer = { error: 'of something else' };
  await look();
  await page.waitForFunction(() => document.querySelector('.news')?.textContent?.includes('not answer with a status'));
  server.answer = down;
  await look();
  await page.waitForFunction(() => document.querySelector('.news') === null);
  expect(await text('#verdict h2')).toBe('The broker is down');
  await open({});
  expect(await text('#news')).toContain('Nothing can be shown until it does.');
  expect(await page.$eval('#known', (known) => (known as HTMLElement).hidden)).toBe(true);
  expect(await found()).toEqual([]);
});
