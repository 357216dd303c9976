/**
 * Debian's Chromium in a root of its own, driven by the DevTools protocol. It sees no file of this machine, and ends with
 * the test.
 */

import puppeteer, { type Browser } from 'puppeteer-core';
import { DebianRoot, prepareRoot, type Release } from './debianRoot';

const release: Release = 'trixie';
const packages = ['chromium', 'fonts-dejavu-core', 'fonts-liberation'];

/** Of memory: what is shared between its processes has no place of its own here. Root may not have its sandbox. */
const command = [
  'chromium',
  '--headless=new',
  '--no-sandbox',
  '--disable-gpu',
  '--disable-dev-shm-usage',
  '--hide-scrollbars',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--user-data-dir=/tmp/chromium',
  '--remote-debugging-port=0',
  'about:blank',
];

export class TestBrowser {
  private constructor(
    readonly browser: Browser,
    private readonly root: DebianRoot,
    private readonly ending: AbortController,
    private readonly ended: Promise<unknown>,
  ) {}

  /** Builds the root where it is missing. */
  static prepare(): Promise<void> {
    return prepareRoot(release, packages);
  }

  static async start(): Promise<TestBrowser> {
    const root = await DebianRoot.start(release, packages);
    const ending = new AbortController();
    let said = '';
    let ended: Promise<unknown> = Promise.resolve();
    try {
      const endpoint = await new Promise<string>((done, fail) => {
        const seen = (text: string) => {
          said += text;
          const [, url] = said.match(/DevTools listening on (ws:\S+)/) ?? [];
          if (url !== undefined) done(url);
        };
        ended = root
          .run(command, { seen, signal: ending.signal, environment: { HOME: '/tmp' } })
          .then(() => fail(new Error(`Chromium ended:\n${said}`)), fail);
      });
      const browser = await puppeteer.connect({ browserWSEndpoint: endpoint });
      return new TestBrowser(browser, root, ending, ended);
    } catch (error) {
      ending.abort();
      await ended;
      await root.end();
      throw error;
    }
  }

  /** Puts files where the browser sees them, path to text. */
  write(files: Record<string, string>): Promise<void> {
    return this.root.write(files);
  }

  async end(): Promise<void> {
    await this.browser.close().catch(() => undefined);
    this.ending.abort();
    await this.ended;
    await this.root.end();
  }
}
