/** What the exporter answers over HTTP. */

import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { metricsOf } from './registry';
import { statusOf } from './status';
import type { Watch } from './watch';

/** The page, and what its browser may do there. */
export interface Page {
  html: string;
  contentSecurityPolicy: string;
}

/** Port in the container. */
export const exporterPort = 9234;

interface Answer {
  type: string;
  text: string;
  headers?: Record<string, string>;
}

/**
 * Answers from the first second on, whether the broker does or not.
 *
 * @param watch undefined as long as the exporter has not been told anything
 * @param hosts names by which it is asked: what another page makes a browser ask by a name of its own is refused
 */
export function serve(watch: () => Watch | undefined, page: Page, hosts: readonly string[]): Server {
  const server = createServer((request, response) => {
    answer(request, response).catch(() =>
      end(response, 500, { type: 'text/plain', text: 'this cannot be told now\n' }),
    );
  });

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { method, url = '/', headers } = request;
    if (!hosts.includes(hostIn(headers.host))) {
      return end(response, 421, { type: 'text/plain', text: `ask by one of these names: ${hosts.join(', ')}\n` });
    }
    if (method !== 'GET' && method !== 'HEAD') {
      return end(response, 405, {
        type: 'text/plain',
        text: 'nothing can be changed here\n',
        headers: { Allow: 'GET, HEAD' },
      });
    }
    const path = url.split('?')[0];
    const told = await tell(path);
    if (told === undefined)
      return end(response, 404, { type: 'text/plain', text: 'there are /, /status.json and /metrics\n' });
    end(response, 200, told);
  }

  async function tell(path: string | undefined): Promise<Answer | undefined> {
    if (path === '/') {
      return {
        type: 'text/html; charset=utf-8',
        text: page.html,
        headers: { 'Content-Security-Policy': page.contentSecurityPolicy },
      };
    }
    if (path !== '/metrics' && path !== '/status.json') return undefined;
    const known = watch();
    if (known === undefined) {
      return path === '/metrics' ? metricsAnswer('# TYPE mosquitto_up gauge\nmosquitto_up 0\n') : undefined;
    }
    const look = await known.look();
    if (path === '/metrics') return metricsAnswer(await metricsOf(known, look).text());
    return { type: 'application/json', text: `${JSON.stringify(statusOf(known, look))}\n` };
  }

  return server.listen(exporterPort);
}

function metricsAnswer(text: string): Answer {
  return { type: 'text/plain; version=0.0.4; charset=utf-8', text };
}

function end(response: ServerResponse, status: number, { type, text, headers }: Answer): void {
  response.writeHead(status, {
    'Content-Type': type,
    'Cache-Control': 'no-store',
    'X-Content-Type-Options': 'nosniff',
    'Referrer-Policy': 'no-referrer',
    ...headers,
  });
  response.end(text);
}

/** A host without its port. */
function hostIn(host = ''): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}
