/**
 * Proves that the page of `npm run access -- STACK --html FILE` can be read in Debian's Chromium: on a telephone, a tablet
 * and a desk, in light and in dark, no line is wider than the window, axe-core finds nothing, the keyboard reaches what
 * moves, paper holds all of it, and nothing is asked of any network. Whether it is good to look at is for people.
 */

import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import axe from 'axe-core';
import type { Page } from 'puppeteer-core';
import { accessMatrix } from '../../access/matrix';
import { accessModel } from '../../access/model';
import { accessPage } from '../../access/page';
import { type Config, listenerWith, settingsOf } from '../unit/rawConfig';
import { TestBrowser } from './browser';

/** Where somebody wants to look at it. */
const pictures = process.env.AIPI_PICTURES;

const long = 'building-7/floor-12/'.repeat(12);

/** As much of everything as a stack may have. */
const crowded: Config = {
  accounts: [
    { username: 'nobody_yet', topics: [] },
    { username: 'x'.repeat(64), topics: ['readwrite #', 'deny secret/#', 'read $SYS/#'] },
    {
      username: 'letters',
      topics: [
        'read <script>alert(1)</script>/&amp;',
        'write 温室/传感器/温度/+',
        'read "quotes" and \'more\'',
        'write عربي/درجة',
        'read e\u0301\u200b/🌡',
      ],
    },
    { username: 'long', topics: [`read ${long}a`, `write ${'y'.repeat(300)}`, `deny ${long}#`] },
    ...Array.from({ length: 20 }, (_, index) => ({
      username: `worker-${index}`,
      topics: [`read jobs/${index}/+`, `write results/${index}`],
    })),
  ],
  roles: [
    { name: 'device', topics: ['write device/{id}/data', 'read device/control', 'deny device/{id}/secret'] },
    { name: 'a_role_with_a_long_name_of_32_cha', topics: [] },
  ].map((role) => ({ ...role, name: role.name.slice(0, 32) })),
  devices: ['pi-001', 'z'.repeat(64)],
  dnsNames: ['mqtt.example.org'],
  network: 'aipi-internal',
  firewall: Array.from({ length: 12 }, (_, index) =>
    index % 2 === 0 ? `10.${index}.0.0/16` : `2001:db8:${index}::/48`,
  ),
  listeners: [
    { port: 1883, bindAddress: '127.0.0.1' },
    { port: 8883, bindAddress: ['0.0.0.0', '::', '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff'].slice(0, 2), tls: true },
    {
      port: 8884,
      bindAddress: '2001:db8:ffff:ffff:ffff:ffff:ffff:ffff',
      tls: true,
      clients: 'devices',
      requireCertificate: true,
      useIdentityAsUsername: true,
    },
    {
      port: 9001,
      protocol: 'websockets',
      bindAddress: '0.0.0.0',
      tls: true,
      requireCertificate: true,
      firewall: ['192.0.2.0/24'],
    },
    { port: 9002, protocol: 'websockets', bindAddress: '0.0.0.0', insecurePlaintext: true, unfiltered: true },
  ],
};

const stacks: Record<string, Config> = {
  dev: {},
  crowded,
  bare: { ...listenerWith({}), accounts: [{ username: 'one', topics: [] }] },
};

const widths = [360, 768, 1_280] as const;
const schemes = ['light', 'dark'] as const;
const cases = Object.keys(stacks).flatMap((stack) =>
  schemes.flatMap((scheme) => widths.map((width) => [stack, scheme, width] as const)),
);

/** A4 without its margins, in CSS pixels. */
const paperWidth = 688;

let chromium: TestBrowser;
let page: Page;
/** What the page has asked for since it was opened. */
let requests: string[] = [];
let problems: string[] = [];

beforeAll(async () => {
  await TestBrowser.prepare();
  chromium = await TestBrowser.start();
  const texts = Object.entries(stacks).map(([stack, config]) => {
    const matrix = accessMatrix(stack, accessModel(settingsOf(config)));
    return [`/pages/${stack}.html`, accessPage(matrix)];
  });
  await chromium.write(Object.fromEntries(texts));
  page = await chromium.browser.newPage();
  page.on('request', (request) => requests.push(request.url()));
  page.on('console', (message) => problems.push(message.text()));
  page.on('pageerror', (error) => problems.push(String(error)));
}, 600_000);

afterAll(async () => {
  await chromium?.end();
});

async function open(stack: string, scheme: 'light' | 'dark', width: number): Promise<void> {
  requests = [];
  problems = [];
  await page.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: scheme }]);
  await page.setViewport({ width, height: 900 });
  await page.goto(`file:///pages/${stack}.html`);
}

/** The least contrast of all texts with what they stand on. Source: WCAG 2.2, relative luminance. */
function faintest(): Promise<number> {
  return page.evaluate(() => {
    const numbers = (colour: string) => (colour.match(/[\d.]+/g) ?? []).map(Number);
    const luminance = (colour: string) => {
      const [r = 0, g = 0, b = 0] = numbers(colour).map((each) => {
        const part = each / 255;
        return part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4;
      });
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const ground = (element: Element | null): string => {
      if (element === null) throw new Error('nothing has a background');
      const { backgroundColor } = getComputedStyle(element);
      return numbers(backgroundColor)[3] === 0 ? ground(element.parentElement) : backgroundColor;
    };
    const texts = [...document.body.querySelectorAll('*')].filter((element) =>
      [...element.childNodes].some((node) => node.nodeType === 3 && node.textContent?.trim() !== ''),
    );
    const contrasts = texts.map((element) => {
      const [a, b] = [luminance(getComputedStyle(element).color), luminance(ground(element))];
      return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    });
    return Math.min(...contrasts);
  });
}

async function picture(name: string): Promise<void> {
  if (pictures === undefined) return;
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(pictures, `${name}.png`), await page.screenshot({ fullPage: true }));
}

test.each(cases)('the page of %s in %s at %i pixels', async (stack, scheme, width) => {
  await open(stack, scheme, width);
  await picture(`${stack}-${scheme}-${width}`);
  const { widest, inner } = await page.evaluate(() => ({
    widest: document.scrollingElement?.scrollWidth ?? Number.POSITIVE_INFINITY,
    inner: window.innerWidth,
  }));
  expect(inner).toBe(width);
  expect(widest).toBeLessThanOrEqual(width);
  await page.evaluate(axe.source);
  // Of what has moved out of its frame, axe cannot tell the contrast.
  expect(await faintest()).toBeGreaterThanOrEqual(4.5);
  const { violations, incomplete, passes } = await page.evaluate(() =>
    (window as unknown as { axe: typeof axe }).axe.run(),
  );
  const unsure = incomplete.filter(({ id }) => id !== 'color-contrast');
  const found = [...violations, ...unsure].map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' ')}`);
  expect(found).toEqual([]);
  expect(passes.length).toBeGreaterThan(15);
  expect(requests).toEqual([`file:///pages/${stack}.html`]);
  expect(problems).toEqual([]);
});

test('the keyboard reaches the tables, and moves what is wider than the window', async () => {
  await open('crowded', 'light', 360);
  const focused = () =>
    page.evaluate(() => document.activeElement?.getAttribute('aria-labelledby') ?? document.activeElement?.className);
  await page.keyboard.press('Tab');
  expect(await focused()).toBe('skip');
  await page.keyboard.press('Enter');
  expect(await page.evaluate(() => document.activeElement?.id)).toBe('main');
  const reached: unknown[] = [];
  for (const _ of Array(4)) {
    await page.keyboard.press('Tab');
    reached.push(await focused());
  }
  expect(reached).toEqual(['accounts', 'roles', 'example', 'listeners']);
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => (document.activeElement?.scrollLeft ?? 0) > 0);
  const outline = await page.evaluate(() => getComputedStyle(document.activeElement ?? document.body).outlineStyle);
  expect(outline).toBe('solid');
});

test('paper holds every column', async () => {
  for (const stack of Object.keys(stacks)) {
    await open(stack, 'dark', paperWidth);
    await page.emulateMediaType('print');
    const { cut, colours } = await page.evaluate(() => ({
      cut: [...document.querySelectorAll('.scroll')].filter((each) => each.scrollWidth > each.clientWidth).length,
      colours: getComputedStyle(document.body).backgroundColor,
    }));
    await picture(`${stack}-paper`);
    await page.emulateMediaType();
    expect({ stack, cut, colours }).toEqual({ stack, cut: 0, colours: 'rgb(255, 255, 255)' });
  }
});
