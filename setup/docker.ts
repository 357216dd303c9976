import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import Docker from 'dockerode';
import { quoted, unquoted } from '../mosquitto/quoted';
import { home } from './home';
import { alone, failure, lastLines, run } from './processes';
import { during } from './progress';

const answerSeconds = 5;
const startSeconds = 60;
const systemSocket = 'unix:///var/run/docker.sock';
const daemonPidFile = '/var/run/docker.pid';
const containerdPidFile = '/var/run/docker/containerd/containerd.pid';
const machineLock = '/run/aipi-mqtt-docker.lock';

/** A Docker engine that answered. */
export interface Engine {
  /** Where it is, in the form of `DOCKER_HOST`. */
  host: string;
  version: string;
}

/** What the engine says while it pulls; sizes in bytes. */
export interface PullEvent {
  status?: string;
  id?: string;
  progressDetail?: { current?: number };
  error?: string;
}

/**
 * Finds a Docker engine that answers, or makes one.
 *
 * What the user chose counts alone: `dockerHost`, else `DOCKER_HOST`, else the current Docker context. Without a choice
 * it is the first default socket that answers. Where none does, root on Debian or Ubuntu gets `docker.io` installed and
 * started. A host that does not answer is given up after 5 seconds, a start after 60.
 *
 * @throws one sentence with the reason and the remedy; after a failed start also the last lines of its log
 */
export async function docker(options: { dockerHost?: string | undefined }): Promise<Engine> {
  const choice = chosen(options.dockerHost);
  const hosts = choice === undefined ? defaultHosts() : [choice.host];
  const refusals: string[] = [];
  for (const host of hosts) {
    try {
      return await answer(host);
    } catch (error) {
      refusals.push(`Docker does not answer at ${unquoted(host)} (${reason(error)})`);
    }
  }
  if (choice !== undefined) throw new Error(`${refusals[0]}; start it there, or correct ${choice.by}`);
  if (process.getuid?.() === 0 && isDebian()) return start();
  throw new Error(
    `${refusals[0]}; start Docker and let this user reach it, set DOCKER_HOST to an engine that runs, or install one: ` +
      'https://docs.docker.com/engine/install/',
  );
}

/**
 * A client of the engine at `host`.
 *
 * @param host in the form of `DOCKER_HOST`; `DOCKER_TLS_VERIFY` and `DOCKER_CERT_PATH` count as usual
 */
export function connect(host: string): Docker {
  // Only through the environment does dockerode understand every form of DOCKER_HOST; it also lets a DOCKER_HOST there
  // win over a socket path in its options.
  const before = process.env.DOCKER_HOST;
  process.env.DOCKER_HOST = host;
  try {
    return new Docker();
  } finally {
    if (before === undefined) delete process.env.DOCKER_HOST;
    else process.env.DOCKER_HOST = before;
  }
}

/**
 * Waits for the end of a pull, an import or the like.
 *
 * @param seen gets each event
 * @throws what the engine says went wrong, which dockerode passes on as an event like any other
 */
export async function follow(
  client: Docker,
  events: NodeJS.ReadableStream,
  seen?: (event: PullEvent) => void,
): Promise<void> {
  const all = await new Promise<PullEvent[]>((resolve, reject) => {
    client.modem.followProgress(events, (error, output) => (error === null ? resolve(output) : reject(error)), seen);
  });
  const failed = all.find(({ error }) => error !== undefined);
  if (failed !== undefined) throw new Error(failed.error);
}

async function answer(host: string): Promise<Engine> {
  // dockerode takes a signal here, its type declarations do not say so.
  const client = connect(host) as unknown as { version(options: object): Promise<Docker.DockerVersion> };
  const { Version } = await client.version({ abortSignal: AbortSignal.timeout(answerSeconds * 1000) });
  if (Version === undefined) throw new Error('what answers there is not Docker');
  return { host, version: Version };
}

function chosen(dockerHost: string | undefined): { host: string; by: string } | undefined {
  if (dockerHost !== undefined && dockerHost !== '') return { host: dockerHost, by: 'dockerHost in the stack config' };
  const { DOCKER_HOST, DOCKER_CONTEXT } = process.env;
  if (DOCKER_HOST !== undefined && DOCKER_HOST !== '') return { host: DOCKER_HOST, by: 'DOCKER_HOST' };
  const folder = process.env.DOCKER_CONFIG ?? join(homedir(), '.docker');
  const context = DOCKER_CONTEXT ?? json(join(folder, 'config.json'))?.currentContext;
  if (context === undefined || context === '' || context === 'default') return undefined;
  const digest = createHash('sha256').update(context).digest('hex');
  const host = json(join(folder, 'contexts', 'meta', digest, 'meta.json'))?.Endpoints?.docker?.Host;
  if (host === undefined)
    throw new Error(`The Docker context ${quoted(context)} has no host; choose another: docker context use`);
  return { host, by: `the Docker context ${quoted(context)}` };
}

// biome-ignore lint/suspicious/noExplicitAny: the Docker CLI's own files, of which two fields are read
function json(file: string): any {
  return existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')) : undefined;
}

function defaultHosts(): string[] {
  const { XDG_RUNTIME_DIR } = process.env;
  const rootless = XDG_RUNTIME_DIR === undefined ? [] : [`unix://${XDG_RUNTIME_DIR}/docker.sock`];
  return [systemSocket, ...rootless, `unix://${homedir()}/.docker/run/docker.sock`];
}

function reason(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  const words: Record<string, string> = {
    ABORT_ERR: `no answer within ${answerSeconds} s`,
    EACCES: 'permission denied',
    ECONNREFUSED: 'nothing listens there',
    ENOENT: 'no such socket',
    ENOTFOUND: 'no such host name',
  };
  return words[code ?? ''] ?? message;
}

function isDebian(): boolean {
  if (!existsSync('/etc/os-release')) return false;
  return /^ID(_LIKE)?=.*\b(debian|ubuntu)\b/m.test(readFileSync('/etc/os-release', 'utf8'));
}

function start(): Promise<Engine> {
  return alone(machineLock, async () => {
    if (daemon() === undefined) await during('Installing Docker (docker.io)', install);
    // The package's own start, or another run, may have been first.
    const running = await answer(systemSocket).catch(() => undefined);
    if (running !== undefined) return running;
    return during('Starting Docker', () => (existsSync('/run/systemd/system') ? startUnit() : startDaemon()));
  });
}

function daemon(): string | undefined {
  return ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].find(existsSync);
}

async function install(detail: (text: string) => void): Promise<void> {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = ['-y', '-o', 'DPkg::Lock::Timeout=300', '-o', 'Acquire::http::Timeout=15', '-o', 'Acquire::Retries=1'];
  detail('package lists');
  // A foreign source that fails is no reason to stop: whether docker.io can be had shows in the next step.
  const lists = await failure(run('apt-get', [...apt, '-o', 'APT::Update::Error-Mode=any', 'update'], { env }));
  detail('packages');
  // Ends what an installation that was cut off has left half done; apt-get refuses to go on before.
  await failure(run('dpkg', ['--configure', '-a'], { env }));
  // Recommended packages stay out; of them, certificates are what lets the engine pull an image.
  const packages = ['docker.io', 'iptables', 'ca-certificates'];
  const failed = await failure(run('apt-get', [...apt, 'install', '--no-install-recommends', ...packages], { env }));
  if (failed !== undefined) {
    throw new Error(
      `Docker is not on this machine and could not be installed (${lists === undefined ? failed : `${lists}; ${failed}`}); ` +
        'install it by hand or set DOCKER_HOST to an engine that runs',
    );
  }
}

async function startUnit(): Promise<Engine> {
  try {
    await run('systemctl', ['start', 'docker']);
  } catch (error) {
    const log = await run('journalctl', ['-u', 'docker', '-n', '5', '-o', 'cat', '--no-pager']).catch(() => '');
    throw new Error(`Docker did not start (${reason(error)}); see "journalctl -u docker": ${lastLines(log)}`);
  }
  return answer(systemSocket);
}

async function startDaemon(): Promise<Engine> {
  const log = join(home(), 'dockerd.log');
  const ended = isRunning(daemonPidFile, 'dockerd') ? new AbortController().signal : launch(log);
  for (const deadline = Date.now() + startSeconds * 1000; Date.now() < deadline && !ended.aborted; await sleep(100)) {
    const engine = await answer(systemSocket).catch(() => undefined);
    if (engine !== undefined) return engine;
  }
  const end = existsSync(log) ? lastLines(readFileSync(log, 'utf8').replace(/^.* level=info .*$/gm, '')) : 'no log';
  throw new Error(
    `Docker ${ended.aborted ? 'ended at its start' : `did not answer within ${startSeconds} s`}; see ${log}: ${end}`,
  );
}

/** Starts the daemon so that it outlives this process; the signal says that it has ended. */
function launch(log: string): AbortSignal {
  // The daemon refuses to start, or waits in vain, when the number in such a file has meanwhile gone to another process.
  if (!isRunning(containerdPidFile, 'containerd')) rmSync(containerdPidFile, { force: true });
  rmSync(daemonPidFile, { force: true });
  const output = openSync(log, 'w', 0o600);
  const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` };
  const child = spawn(daemon() ?? 'dockerd', [], { detached: true, stdio: ['ignore', output, output], cwd: '/', env });
  closeSync(output);
  child.unref();
  const ended = new AbortController();
  child.once('error', () => ended.abort());
  child.once('exit', () => ended.abort());
  return ended.signal;
}

function isRunning(pidFile: string, name: string): boolean {
  if (!existsSync(pidFile)) return false;
  const command = `/proc/${readFileSync(pidFile, 'utf8').trim()}/comm`;
  return existsSync(command) && readFileSync(command, 'utf8').trim() === name;
}
