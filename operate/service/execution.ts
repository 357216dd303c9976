/** A command where a process of a machine is, in the shape in which an engine runs one in a container. */

import { Duplex, PassThrough, type Readable } from 'node:stream';
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
  stream.complaints = withoutSudo(stderr);
  return stream;
}

/** On a machine that does not know its own name, which is no fault of the command. Source: sudo(8). */
const ofSudo = /^(sudo: unable to resolve host [^\n]*\n)+/;

/** Complaints of a command without those that sudo has ahead of it. */
export function withoutSudo(complaints: Readable): Readable {
  const own = new PassThrough();
  let begun = '';
  const rest = () => Buffer.from(begun.replace(ofSudo, ''), 'latin1');
  const begin = () => {
    complaints.off('data', look);
    own.write(rest());
    complaints.pipe(own);
  };
  const look = (data: Buffer) => {
    begun += data.toString('latin1');
    const [last = ''] = begun.split('\n').slice(-1);
    const maySudo = last.startsWith('sudo: ') || 'sudo: '.startsWith(last);
    if (!maySudo || begun.replace(ofSudo, '') !== last) begin();
  };
  complaints.on('data', look);
  complaints.once('end', () => {
    if (complaints.listeners('data').includes(look)) own.end(rest());
  });
  return own;
}

/** As an engine's client takes framed streams apart. */
export const modem = {
  demuxStream(stream: Spoken, out: PassThrough, error: PassThrough): void {
    stream.on('data', (data) => out.write(data));
    stream.complaints?.on('data', (data) => error.write(data));
  },
};
