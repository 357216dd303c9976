/** Plays the calls of GitHub and of GitLab that a comment takes, on a port of its own. */

import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export interface Comment {
  id: number;
  body: string;
  author: string;
}

export interface Request {
  method: string;
  /** With its query. */
  path: string;
  authorization: string;
  /** What was sent as a comment. */
  body: string | undefined;
}

export interface Answer {
  status: number;
  headers?: Record<string, string>;
  body?: unknown;
}

/** Whom the token is of, where nothing else is said. */
export const owner = 'github-actions[bot]';

export class CommentService {
  comments: Comment[] = [];
  requests: Request[] = [];
  owner = owner;
  /** Answers in the place of the usual one, as long as it gives one. `done` makes the usual one, for an answer that gets lost. */
  fault: (request: Request, done: () => void) => Answer | undefined = () => undefined;
  readonly #server: Server = createServer((incoming, outgoing) => {
    void this.#take(incoming).then(({ status, headers, body }) => {
      outgoing.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body ?? {}));
    });
  });

  async open(): Promise<void> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** The requests that change something, as METHOD PATH. */
  get changes(): string[] {
    return this.requests.filter(({ body }) => body !== undefined).map(({ method, path }) => `${method} ${path}`);
  }

  /** What GitHub tells a job. */
  get github(): Record<string, string> {
    const { url } = this;
    return {
      GITHUB_ACTIONS: 'true',
      GITHUB_API_URL: url,
      GITHUB_GRAPHQL_URL: `${url}/graphql`,
      GITHUB_REPOSITORY: 'aipi/broker',
      AIPI_REVIEW_NUMBER: '7',
    };
  }

  /** What GitLab tells a job of a merge request. */
  get gitlab(): Record<string, string> {
    return {
      GITLAB_CI: 'true',
      CI_API_V4_URL: this.url,
      CI_MERGE_REQUEST_PROJECT_ID: '12',
      CI_MERGE_REQUEST_IID: '7',
    };
  }

  async #take(incoming: IncomingMessage): Promise<Answer> {
    const parts: Buffer[] = [];
    for await (const part of incoming) parts.push(part);
    const sent = parts.length === 0 ? {} : JSON.parse(Buffer.concat(parts).toString());
    const { method = '', url: path = '', headers } = incoming;
    const request = { method, path, authorization: headers.authorization ?? '', body: sent.body };
    this.requests.push(request);
    const usual = () => this.#answer(request);
    return this.fault(request, usual) ?? usual();
  }

  #answer({ method, path, body = '' }: Request): Answer {
    const { pathname, searchParams } = new URL(path, this.url);
    if (`${method} ${pathname}` === 'POST /graphql') {
      return { status: 200, body: { data: { viewer: { login: this.owner } } } };
    }
    if (`${method} ${pathname}` === 'GET /user') return { status: 200, body: { username: this.owner } };
    const isList = ['/repos/aipi/broker/issues/7/comments', '/projects/12/merge_requests/7/notes'].includes(pathname);
    if (isList && method === 'GET') return this.#page(pathname, searchParams);
    if (isList && method === 'POST') {
      this.comments.push({ id: 1_000 + this.comments.length, body, author: this.owner });
      return { status: 201 };
    }
    const [, id] =
      pathname.match(/^\/repos\/aipi\/broker\/issues\/comments\/(\d+)$/) ??
      pathname.match(/^\/projects\/12\/merge_requests\/7\/notes\/(\d+)$/) ??
      [];
    const comment = this.comments.find((each) => each.id === Number(id));
    const change = pathname.startsWith('/repos') ? 'PATCH' : 'PUT';
    if (comment === undefined || method !== change) return { status: 404 };
    comment.body = body;
    return { status: 200 };
  }

  #page(pathname: string, query: URLSearchParams): Answer {
    const size = Number(query.get('per_page') ?? 30);
    const page = Number(query.get('page') ?? 1);
    const isGitHub = pathname.startsWith('/repos');
    const all: Comment[] = isGitHub || query.get('sort') === 'asc' ? this.comments : [...this.comments].reverse();
    const isLast = page * size >= all.length;
    const next = new URLSearchParams(
      [...query].filter(([name]) => name !== 'page').concat([['page', String(page + 1)]]),
    );
    const link = `<${this.url}${pathname}?${next}>; rel="next", <${this.url}${pathname}?page=9>; rel="last"`;
    const body = all.slice((page - 1) * size, page * size).map(({ author, ...comment }) => ({
      ...comment,
      ...(isGitHub ? { user: { login: author } } : { author: { username: author } }),
    }));
    return { status: 200, headers: isLast ? {} : { link }, body };
  }
}
