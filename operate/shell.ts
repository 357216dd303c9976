/**
 * A shell inside a container that waits for commands and runs one after the other. The engine takes fifty milliseconds to
 * start a command, and starts them one at a time; a shell that was opened before takes two.
 */

import { randomBytes } from 'node:crypto';
import { Duplex, PassThrough } from 'node:stream';
import type Docker from 'dockerode';

/**
 * A line that begins with the mark is a command: words without quotes. Ahead of what it says comes the number of its
 * process, behind it the mark and how it has ended. What a command was sent and has not read has no mark.
 */
const script = [
  'while read -r mark words; do',
  '[ "$mark" = "$1" ] || continue',
  '(read -r pid rest </proc/self/stat; echo "$pid"; exec $words)',
  'echo "$1 $?"',
  'done',
].join('\n');

/** By chance no command says as many bytes of the mark. */
const fewestBytes = 8;

interface Command {
  stream: Duplex;
  /** Undefined until it has begun. */
  pid: number | undefined;
  end: (code: number) => void;
}

export class Shell {
  private received: Buffer = Buffer.alloc(0);
  /** How much of it has been handed on. */
  private passed = 0;
  private command: Command | undefined;
  private isOpen = true;
  /** Called when the shell is free again, and when it has ended. */
  changed: () => void = () => {};

  /**
   * @param socket what goes to the shell
   * @param said what comes from it
   * @param mark tells the shell's own words from those of commands
   * @param stop ends a process of the container; without it the shell ends with a command that is given up
   */
  constructor(
    private readonly socket: NodeJS.WritableStream & { destroy(): unknown },
    private readonly said: NodeJS.ReadableStream,
    private readonly mark: string,
    private readonly stop?: (pid: number) => void,
  ) {
    said.on('data', (chunk: Buffer) => this.take(chunk));
    said.once('end', () => this.close());
  }

  /** @throws Error where the engine does not start it */
  static async open(container: Docker.Container, stop?: (pid: number) => void): Promise<Shell> {
    const mark = randomBytes(16).toString('hex');
    const exec = await container.exec({
      Cmd: ['sh', '-c', script, 'sh', mark],
      AttachStdin: true,
      AttachStdout: true,
      AttachStderr: true,
    });
    const socket = await exec.start({ hijack: true, stdin: true });
    const said = new PassThrough();
    container.modem.demuxStream(socket, said, new PassThrough().resume());
    // Whatever runs in the container may be gone at any moment.
    const end = () => said.end();
    socket.once('end', end).once('close', end).on('error', end);
    return new Shell(socket, said, mark, stop);
  }

  get isFree(): boolean {
    return this.isOpen && this.command === undefined;
  }

  get hasEnded(): boolean {
    return !this.isOpen;
  }

  /**
   * Runs a command and gives what it says and hears. Its input has no end of its own: the command ends by itself, or with
   * the stream.
   *
   * @param end called with the exit code, -1 where the shell ended before
   */
  run(words: readonly string[], end: (code: number) => void = () => {}): Duplex {
    if (!this.isFree) throw new Error('a shell runs one command at a time');
    const stream = new Duplex({
      read: () => this.said.resume(),
      write: (chunk, encoding, done) => this.socket.write(chunk, encoding, () => done()),
      // The pieces of a packet go together: of those that go one by one the kernel holds the next back for forty
      // milliseconds. Source: RFC 1122, 4.2.3.4.
      writev: (pieces, done) => this.socket.write(joined(pieces), () => done()),
      // One that is given up in the middle of a handshake ends without an error: there, nobody would be left to hear it.
      destroy: (_, done) => {
        if (this.command?.stream === stream) this.giveUp(this.command);
        done(null);
      },
    });
    this.command = { stream, pid: undefined, end };
    // Whatever the last command has left unread ends with its own line.
    this.socket.write(`\n${this.mark} ${words.join(' ')}\n`);
    return stream;
  }

  private giveUp({ pid }: Command): void {
    this.said.resume();
    if (this.stop === undefined) this.socket.destroy();
    else if (pid !== undefined) this.stop(pid);
  }

  private take(chunk: Buffer): void {
    this.received = Buffer.concat([this.received, chunk]);
    const { command, mark } = this;
    if (command === undefined) return;
    if (command.pid === undefined) {
      const length = this.received.indexOf('\n');
      if (length < 0) return;
      command.pid = Number(this.received.subarray(0, length));
      this.received = this.received.subarray(length + 1);
      if (command.stream.destroyed) this.giveUp(command);
    }
    const at = this.received.indexOf(mark);
    this.pass(command, at < 0 ? this.received.length - this.begun() : at);
    if (at < 0) this.forget(this.received.length - mark.length + 1);
    else if (this.received.includes('\n', at)) this.settle(Number(this.received.subarray(at + mark.length)));
  }

  /** Hands on what was received up to a place. */
  private pass({ stream }: Command, end: number): void {
    const data = this.received.subarray(this.passed, end);
    this.passed = Math.max(this.passed, end);
    if (data.length === 0 || stream.destroyed) return;
    if (!stream.push(data)) this.said.pause();
  }

  /** Keeps as much as the beginning of a mark can take, though it has been handed on. */
  private forget(length: number): void {
    if (length <= 0) return;
    this.received = this.received.subarray(length);
    this.passed -= length;
  }

  /**
   * How many of the last bytes are the beginning of the mark. Few are taken for the command's own: it would wait for an
   * answer to what is held back. Should they be the mark's after all, the command has ended with them.
   */
  private begun(): number {
    const { received, mark } = this;
    for (let length = Math.min(mark.length - 1, received.length); length >= fewestBytes; length -= 1) {
      if (received.subarray(-length).toString('latin1') === mark.slice(0, length)) return length;
    }
    return 0;
  }

  private settle(code: number): void {
    const { command } = this;
    this.command = undefined;
    this.received = Buffer.alloc(0);
    this.passed = 0;
    command?.end(code);
    if (command?.stream.destroyed === false) command.stream.push(null);
    this.changed();
  }

  private close(): void {
    this.isOpen = false;
    this.settle(-1);
  }
}

/** Pieces are buffers already, because the stream decodes texts. */
function joined(pieces: ReadonlyArray<{ chunk: Buffer }>): Buffer {
  return Buffer.concat(pieces.map(({ chunk }) => chunk));
}
