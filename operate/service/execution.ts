/** A command where a process of a machine is, in the shape in which an engine runs one in a container. */

import { Duplex, type PassThrough, type Readable } from 'node:stream';
import type { Machine, Opened } from '../machine';

/** A stream of what a command hears and says; its complaints come apart. */
export type Spoken = Duplex & { complaints?: Readable };

export interface Execution {
  start(options: object): Promise<Spoken>;
  inspect(): Promise<{ ExitCode: number | null }>;
}

/** @param words that run it where it belongs, and the command itself */
export function execution(machine: Machine, words: readonly string[], isSpokenTo: boolean): Execution {
  let opened: Promise<Opened> | undefined;
  return {
    start: async () => {
      opened = machine.openAsRoot(words);
      const command = await opened;
      if (!isSpokenTo) command.stdin.end();
      return spoken(command);
    },
    inspect: async () => ({ ExitCode: (await (await opened)?.ended.catch(() => null)) ?? null }),
  };
}

/** It ends when all of the command's pipes have. */
export function spoken({ stdin, stdout, stderr, ended }: Opened): Spoken {
  const stream: Spoken = new Duplex({
    read: () => stdout.resume(),
    write: (chunk, encoding, done) => stdin.write(chunk, encoding, () => done()),
    final: (done) => stdin.end(done),
    destroy: (error, done) => {
      stdin.destroy();
      stdout.destroy();
      stderr.destroy();
      done(error);
    },
  });
  stdout.on('data', (data) => {
    if (!stream.push(data)) stdout.pause();
  });
  const settled = ended.catch(() => null);
  stdout.once('end', () => void settled.then(() => stream.push(null)));
  stream.complaints = stderr;
  return stream;
}

/** As an engine's client takes framed streams apart. */
export const modem = {
  demuxStream(stream: Spoken, out: PassThrough, error: PassThrough): void {
    stream.on('data', (data) => out.write(data));
    stream.complaints?.on('data', (data) => error.write(data));
  },
};
