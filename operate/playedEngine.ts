/**
 * A Docker engine that is played: it answers that it is there, and what labels the broker's container has. Nothing else is
 * asked in a preview; Pulumi's own plug-in only wants to reach somebody before it compares anything.
 */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Labels } from '../mosquitto/owner';

/** What of a container is told. */
export interface PlayedContainer {
  name: string;
  labels: Labels;
}

/** Version of Docker's API that is spoken. */
const apiVersion = '1.41';

/**
 * Plays one while something runs.
 *
 * @param container that of the broker; undefined where there is none
 * @param work gets the address, in the form of `DOCKER_HOST`
 */
export async function withPlayedEngine<T>(
  container: PlayedContainer | undefined,
  work: (host: string) => Promise<T>,
): Promise<T> {
  const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-engine-'));
  const path = join(folder, 'docker.sock');
  const server = createServer((request, response) => answer(request, response, container));
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject).listen(path, resolve);
    });
    return await work(`unix://${path}`);
  } finally {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function answer(request: IncomingMessage, response: ServerResponse, container: PlayedContainer | undefined): void {
  const { pathname } = new URL(request.url ?? '/', 'http://docker');
  const path = pathname.replace(/^\/v[\d.]+/, '');
  response.setHeader('Api-Version', apiVersion).setHeader('Ostype', 'linux');
  if (path === '/_ping') {
    response.setHeader('Content-Type', 'text/plain').end('OK');
    return;
  }
  const body = bodyOf(path, container);
  response.setHeader('Content-Type', 'application/json');
  response.statusCode = body === undefined ? 404 : 200;
  response.end(JSON.stringify(body ?? { message: 'this engine is played, and has nothing of that' }));
}

function bodyOf(path: string, container: PlayedContainer | undefined): object | undefined {
  if (path === '/version') return { Version: '20.10.24', ApiVersion: apiVersion, MinAPIVersion: '1.12', Os: 'linux' };
  if (container === undefined || path !== `/containers/${container.name}/json`) return undefined;
  return { Id: container.name, Name: `/${container.name}`, Config: { Labels: container.labels }, State: {} };
}
