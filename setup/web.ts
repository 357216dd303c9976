/** Answers of web servers, by the proxy of the environment where there is one for them: Node's own `fetch` knows none. */

import { type IncomingMessage, request as plainRequest } from 'node:http';
import { Agent, request as securedRequest } from 'node:https';
import type { Socket } from 'node:net';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import { connect as connectTls } from 'node:tls';
import { proxyFor } from './proxies';

export interface Answer {
  status: number;
  body: ReadableStream | null;
}

const mostRedirections = 5;

/**
 * Gets what is at an address, following redirections.
 *
 * @throws Error in a few words, without the login to a proxy
 */
export async function get(address: string, signal: AbortSignal): Promise<Answer> {
  let url = address;
  for (let redirections = 0; ; redirections += 1) {
    const proxy = proxyFor(url, process.env);
    if (proxy === undefined) {
      const { status, body } = await fetch(url, { signal });
      return { status, body: body as ReadableStream | null };
    }
    const answer = await throughProxy(new URL(url), proxy, signal).catch((error: Error) => {
      throw signal.aborted ? error : new Error(`${error.message}, by the proxy ${proxy.host}`);
    });
    const { statusCode: status = 0, headers } = answer;
    if (status < 300 || status > 399 || headers.location === undefined) {
      return { status, body: Readable.toWeb(answer) as ReadableStream };
    }
    answer.resume();
    if (redirections === mostRedirections) throw new Error('redirects for ever');
    url = new URL(headers.location, url).href;
  }
}

async function throughProxy(url: URL, proxy: URL, signal: AbortSignal): Promise<IncomingMessage> {
  const login = loginOf(proxy);
  if (url.protocol === 'http:') {
    return answerTo(proxy, { path: url.href, headers: { host: url.host, ...login }, signal });
  }
  const port = url.port || '443';
  const tunnel = await tunnelTo(proxy, `${url.hostname}:${port}`, login, signal);
  const agent = new Agent();
  const secured = connectTls({ socket: tunnel, servername: url.hostname, ALPNProtocols: ['http/1.1'] });
  agent.createConnection = () => secured;
  return new Promise((resolve, reject) => {
    securedRequest(url, { agent, signal }, resolve).on('error', reject).end();
  });
}

type Options = Parameters<typeof plainRequest>[1] & object;

/** Nothing of the environment's own agent is used: the proxy itself is not behind a proxy. */
function to(proxy: URL, options: Options) {
  const request = proxy.protocol === 'https:' ? securedRequest : plainRequest;
  const place = { hostname: proxy.hostname.replace(/^\[|\]$/g, ''), port: proxy.port || undefined };
  return request({ ...place, agent: false, ...options } as never);
}

function answerTo(proxy: URL, options: Options): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    to(proxy, options).on('response', resolve).on('error', reject).end();
  });
}

function tunnelTo(proxy: URL, path: string, headers: Record<string, string>, signal: AbortSignal): Promise<Socket> {
  return new Promise((resolve, reject) => {
    to(proxy, { method: 'CONNECT', path, headers: { host: path, ...headers }, signal })
      .on('connect', ({ statusCode }: IncomingMessage, socket: Socket) => {
        if (statusCode === 200) resolve(socket);
        else reject(new Error(`the proxy answers ${statusCode}`));
      })
      .on('response', ({ statusCode }) => reject(new Error(`the proxy answers ${statusCode}`)))
      .on('error', reject)
      .end();
  });
}

function loginOf({ username, password }: URL): Record<string, string> {
  if (username === '') return {};
  const pair = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { 'proxy-authorization': `Basic ${Buffer.from(pair).toString('base64')}` };
}
