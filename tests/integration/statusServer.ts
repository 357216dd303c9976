/** Serves the status page with a status of our choice, as the exporter does. */

import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buildPage } from '../../exporter/build/page';

export class StatusServer {
  /** What it answers with: a status, or whatever else. */
  answer: unknown;
  code = 200;
  private port = 0;

  private constructor(
    private readonly page: Awaited<ReturnType<typeof buildPage>>,
    private server: Server,
  ) {}

  static async start(): Promise<StatusServer> {
    const made = new StatusServer(await buildPage(), createServer());
    await made.resume();
    return made;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/`;
  }

  /** Nobody answers any more. */
  async pause(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  async resume(): Promise<void> {
    this.server = createServer((request, response) => {
      const isPage = request.url === '/';
      if (!isPage && request.url !== '/status.json') return response.writeHead(404).end();
      response.writeHead(isPage ? 200 : this.code, {
        'content-type': isPage ? 'text/html; charset=utf-8' : 'application/json',
        ...(isPage && { 'content-security-policy': this.page.contentSecurityPolicy }),
      });
      return response.end(isPage ? this.page.html : JSON.stringify(this.answer));
    });
    await new Promise<void>((resolve) => {
      this.server.listen(this.port, '127.0.0.1', resolve);
    });
    this.port = (this.server.address() as AddressInfo).port;
  }
}
