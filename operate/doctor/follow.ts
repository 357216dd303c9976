/** The log of a broker as text, line by line, to its end or for as long as it is followed. */

import { createInterface } from 'node:readline';
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { unframe } from '../docker';

/**
 * @param since seconds since 1970; undefined for all that the engine keeps
 * @param isFollowed whether it goes on with each new line, until the container ends
 */
export async function* textOf(
  container: Docker.Container,
  since: number | undefined,
  isFollowed: boolean,
): AsyncGenerator<string> {
  const from = { stdout: true, stderr: true, ...(since !== undefined && { since }) };
  if (!isFollowed) {
    const framed = await container.logs(from);
    for (const line of unframe(framed as unknown as Buffer).split('\n')) if (line.trim() !== '') yield line;
    return;
  }
  const framed = await container.logs({ ...from, follow: true });
  const lines = new PassThrough();
  container.modem.demuxStream(framed, lines, lines);
  framed.once('end', () => lines.end()).once('close', () => lines.end());
  for await (const line of createInterface({ input: lines })) if (line.trim() !== '') yield line;
}
