/** What the program tells of the stack's outputs while the engine runs it, so that the engine need not be asked. */

import { mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { isAtWork } from '../../setup/processes';

export type Outputs = Record<string, unknown>;

/** In the environment of the program; components/handOver.ts reads it. */
const variable = 'AIPI_OUTPUTS_SOCKET';

/**
 * Listens while something runs. What is told holds secrets: it goes through a socket in a folder of its owner's alone,
 * and is never on a disk. It may come in several parts.
 *
 * @param place folder for the socket; what a killed run has left there is taken away
 * @param work gets what has to be added to the environment
 * @param heard gets all that is told so far, with each part
 * @returns the outputs; undefined where nothing was told, or a part not to its end
 */
export async function told(
  place: string,
  work: (environment: Record<string, string>) => Promise<unknown>,
  heard: (outputs: Outputs) => void = () => {},
): Promise<Outputs | undefined> {
  sweep(place);
  const folder = mkdtempSync(join(place, `told-${process.pid}-`));
  const path = join(folder, 'outputs');
  let outputs: Outputs = {};
  const unfinished = new Set<object>();
  const server = createServer((socket) => {
    let text = '';
    unfinished.add(socket);
    socket.setEncoding('utf8').on('error', () => {});
    socket.on('data', (data) => {
      text += data;
    });
    socket.once('end', () => {
      const part = outputsIn(text);
      if (part === undefined) return;
      unfinished.delete(socket);
      outputs = { ...outputs, ...part };
      heard(outputs);
    });
  });
  try {
    const listens = await new Promise<boolean>((resolve) => {
      server.once('error', () => resolve(false)).listen(path, () => resolve(true));
    });
    await work(listens ? { [variable]: path } : {});
    // Whoever is connected still has something to say.
    await new Promise((resolve) => server.close(resolve));
    return unfinished.size > 0 || Object.keys(outputs).length === 0 ? undefined : outputs;
  } finally {
    server.close();
    rmSync(folder, { recursive: true, force: true });
  }
}

function sweep(place: string): void {
  for (const name of readdirSync(place)) {
    const pid = name.match(/^told-(\d+)-/)?.[1];
    const path = join(place, name);
    if (pid !== undefined && !isAtWork(Number(pid), path)) rmSync(path, { recursive: true, force: true });
  }
}

function outputsIn(text: string): Outputs | undefined {
  try {
    return JSON.parse(text) as Outputs;
  } catch {
    return undefined;
  }
}
