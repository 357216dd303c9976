/** Connections to a Docker engine by the machine's own `ssh`: with its keys, its known hosts and its configuration. */

import type { ChildProcess } from 'node:child_process';
import { Agent, type ClientRequest, type ClientRequestArgs } from 'node:http';
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { forwardedEngine } from './forwardedEngine';
import { entrance } from './sshConnection';
import { engineProblem, missing, SshFailure, silent, sshFailed } from './sshProblem';
import { isLogin, startSsh } from './sshProcess';
import { unreachedBySsh } from './sshReason';

const connectSeconds = 10;

/** What `ssh` says of a login that succeeded. */
const ofSuccess = /^(Authenticated to |Transferred: |Bytes per second: )/;

type Done = (error: Error | null, stream: Duplex) => void;

/**
 * Words behind `ssh` that log in where an engine is; those of a command follow. Those of the `docker` command and of the
 * plug-in.
 *
 * @param host `ssh://USER@HOST:PORT/PATH`
 * @param more `DOCKER_SSH_OPTS`, which the plug-in reads, too
 */
export function loginWords(host: string, more = process.env.DOCKER_SSH_OPTS ?? ''): string[] {
  const { username, hostname, port } = new URL(host);
  return [
    ...(username === '' ? [] : ['-l', decodeURIComponent(username)]),
    ...(port === '' ? [] : ['-p', port]),
    ...more.split(/\s+/).filter((word) => word !== ''),
    ...['-o', `ConnectTimeout=${connectSeconds}`, '-T', '--', hostname.replace(/^\[|\]$/g, '')],
  ];
}

/**
 * Words behind `ssh` that connect to the engine's socket there.
 *
 * @param host the path is that of a socket, by default the engine's usual one
 */
export function sshWords(host: string, more?: string): string[] {
  const { pathname } = new URL(host);
  const socket = /^\/*$/.test(pathname) ? [] : [`--host=unix://${pathname}`];
  return [...loginWords(host, more), 'docker', ...socket, 'system', 'dial-stdio'];
}

/** Connections at once where each is a session there, of which all of a run together may have ten. Source: sshd_config(5), MaxSessions. */
const mostSessions = 4;
const mostConnections = 12;

/** A request that waits for a connection, with what Node tells it; its type declarations do not say so. */
type Waiting = Omit<ClientRequest, 'onSocket'> & { onSocket(socket: null, error: Error): void };

/** Connections that are kept: a request then takes the time of one answer. */
export class SshAgent extends Agent {
  private opening = 0;

  constructor(private readonly host: string) {
    super({ keepAlive: true, maxSockets: mostConnections });
  }

  override createConnection(_: ClientRequestArgs, done?: Done): undefined {
    this.opening += 1;
    this.open()
      .finally(() => {
        this.opening -= 1;
      })
      .then(
        (stream) => done?.(null, stream),
        (error) => {
          this.giveUp(error);
          done?.(error, undefined as never);
        },
      );
  }

  /** Where no connection is left, and none can be had, nobody would ever serve those that wait for one to be free. */
  private giveUp(error: Error): void {
    if (this.opening > 0 || Object.keys(this.sockets).length > 0) return;
    const waiting = Object.values(this.requests as unknown as Record<string, Waiting[]>).flatMap((all) =>
      all.splice(0),
    );
    for (const request of waiting) {
      let isTold = false;
      request.once('error', () => {
        isTold = true;
      });
      // Node tells one of them by itself.
      setImmediate(() => isTold || request.onSocket(null, error));
    }
  }

  /** Ends those that nobody uses, where each is a session there. */
  release(): void {
    for (const sockets of Object.values(this.freeSockets)) {
      for (const socket of sockets ?? []) if ((socket as unknown) instanceof Connection) socket.destroy();
    }
  }

  private async open(): Promise<Duplex> {
    const words = loginWords(this.host);
    const socket = await forwardedEngine(this.host, words);
    if (socket !== undefined) return socket;
    this.maxSockets = mostSessions;
    const { words: before, loggedIn, limit } = await entrance(this.host, words);
    // It says then when it is logged in; the engine may be silent for long.
    const all = [...before, '-o', 'LogLevel=VERBOSE', ...sshWords(this.host)];
    const child = startSsh(all);
    limit(child);
    child.stderr.on('data', (data) => {
      if (isLogin(String(data))) loggedIn();
    });
    child.stdout.once('data', loggedIn);
    child.once('error', loggedIn).once('close', loggedIn);
    return streamOf(child, this.host);
  }
}

/** As much of a socket as an agent asks of a connection that it keeps: one that nobody uses keeps no program from its end. */
class Connection extends Duplex {
  held: ReadonlyArray<{ ref(): unknown; unref(): unknown }> = [];
  setKeepAlive = () => this;
  setNoDelay = () => this;
  setTimeout = () => this;

  ref(): this {
    for (const each of this.held) each.ref();
    return this;
  }

  unref(): this {
    for (const each of this.held) each.unref();
    return this;
  }
}

/**
 * What goes through an `ssh` that was started.
 *
 * @param host `ssh://USER@HOST:PORT`, for what is said where it fails
 */
export function streamOf(child: ChildProcess, host: string): Duplex {
  const { stdin, stdout, stderr } = child;
  if (stdin === null || stdout === null || stderr === null) throw new Error('ssh has no pipes');
  let words = '';
  stderr.on('data', (data) => {
    words += data;
  });
  const duplex = new Connection({
    // Whoever keeps it is to notice that the other end is gone.
    allowHalfOpen: false,
    read: () => stdout.resume(),
    write: (chunk, encoding, done) => stdin.write(chunk, encoding, () => done()),
    final: (done) => {
      stdin.end();
      done();
    },
    destroy: (error, done) => {
      child.kill();
      done(error);
    },
  });
  duplex.held = [child, ...([stdin, stdout, stderr] as unknown as Socket[])];
  stdout.on('data', (chunk) => {
    if (!duplex.push(chunk)) stdout.pause();
  });
  stdin.on('error', () => {});
  child.once('error', (error: NodeJS.ErrnoException) => {
    duplex.destroy(error.code === 'ENOENT' ? new SshFailure(missing(host)) : error);
  });
  child.once('close', (code) => {
    const said = words
      .split(/\r?\n/)
      .filter((line) => !ofSuccess.test(line))
      .join('\n');
    if (code === null && child.killed) duplex.destroy(new SshFailure(silent(host)));
    else if (code === 0 || code === null) duplex.push(null);
    else if (code !== sshFailed) duplex.destroy(new SshFailure(engineProblem(host, said)));
    else void unreachedBySsh(host, loginWords(host), said).then((reason) => duplex.destroy(new SshFailure(reason)));
  });
  return duplex;
}
