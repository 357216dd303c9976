/** Proves that a question to an engine comes to its end, by an engine that is played. */

import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { clientOf } from '../../operate/dockerClient';

let folder: string;
let server: Server | undefined;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-engine-'));
});

afterEach(async () => {
  await new Promise((done) => server?.close(done));
  rmSync(folder, { recursive: true });
});

const head = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n';

test.each([
  ['ahead of its answer', '', 'socket hang up'],
  ['in the middle of an answer of known length', `${head}Content-Length: 20\r\n\r\n{"Id":`, 'aborted'],
  ['in the middle of an answer in pieces', `${head}Transfer-Encoding: chunked\r\n\r\n6\r\n{"Id":\r\n`, 'aborted'],
])('where the connection breaks %s that is an error', async (_, said, words) => {
  const path = join(folder, 'engine');
  server = createServer((socket) => {
    socket.on('error', () => {}).once('data', () => socket.write(said, () => setTimeout(() => socket.destroy(), 20)));
  });
  await new Promise<void>((done) => server?.listen(path, done));
  const client = clientOf({ host: `unix://${path}`, by: undefined, certificates: undefined });
  await expect(client.getContainer('any').inspect()).rejects.toThrow(words);
});
