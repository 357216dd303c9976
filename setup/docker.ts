import { spawn } from 'node:child_process';
import { closeSync, existsSync, openSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { unquoted } from '../mosquitto/quoted';
import { isService } from '../mosquitto/serviceAddress';
import { chosenAddress, type DockerAddress, usualAddresses } from '../operate/dockerAddress';
import { clientOf } from '../operate/dockerClient';
import { patienceFor, reasonOf, refusalWords } from '../operate/reach';
import { home } from './home';
import { installPackages, isDebian } from './packages';
import { alone, failure, lastLines, run } from './processes';
import { during } from './progress';

const startSeconds = 60;
const daemonPidFile = '/var/run/docker.pid';
const containerdPidFile = '/var/run/docker/containerd/containerd.pid';
const machineLock = '/run/aipi-mqtt-docker.lock';

/** A Docker engine that answered. */
export interface Engine {
  address: DockerAddress;
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
 * started. A host that does not answer is given up after 5 seconds, one behind `ssh` after 20, a start after 60.
 *
 * @throws one sentence with the reason and the remedy; after a failed start also the last lines of its log
 */
export async function docker(options: { dockerHost?: string | undefined }): Promise<Engine> {
  const choice = chosenAddress(options.dockerHost);
  // What keeps from a machine is said by itself.
  if (choice !== undefined && isService(choice.host)) return answer(choice);
  const refusals: string[] = [];
  for (const address of choice === undefined ? usualAddresses() : [choice]) {
    try {
      return await answer(address);
    } catch (error) {
      refusals.push(
        choice === undefined
          ? `Docker does not answer at ${unquoted(address.host)} (${reasonOf(error, address)})`
          : refusalWords(address, error),
      );
    }
  }
  if (choice !== undefined) throw new Error(refusals[0]);
  if (process.getuid?.() === 0 && isDebian()) return start();
  throw new Error(
    `${refusals[0]}; start Docker and let this user reach it, set DOCKER_HOST to an engine that runs, or install one: ` +
      'https://docs.docker.com/engine/install/',
  );
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

async function answer(address: DockerAddress): Promise<Engine> {
  // dockerode takes a signal here, its type declarations do not say so.
  const client = clientOf(address) as unknown as { version(options: object): Promise<Docker.DockerVersion> };
  const { Version } = await client.version({ abortSignal: AbortSignal.timeout(patienceFor(address)) });
  if (Version === undefined) throw new Error('what answers there is not Docker');
  return { address, version: Version };
}

/** What a default installation listens on. */
function systemAddress(): DockerAddress {
  return usualAddresses()[0] as DockerAddress;
}

function start(): Promise<Engine> {
  return alone(machineLock, async () => {
    if (daemon() === undefined) await during('Installing Docker (docker.io)', install);
    // The package's own start, or another run, may have been first.
    const running = await answer(systemAddress()).catch(() => undefined);
    if (running !== undefined) return running;
    return during('Starting Docker', () => (existsSync('/run/systemd/system') ? startUnit() : startDaemon()));
  });
}

function daemon(): string | undefined {
  return ['/usr/bin/dockerd', '/usr/sbin/dockerd', '/usr/local/bin/dockerd'].find(existsSync);
}

async function install(detail: (text: string) => void): Promise<void> {
  // Recommended packages stay out; of them, certificates are what lets the engine pull an image.
  const failed = await failure(installPackages(['docker.io', 'iptables', 'ca-certificates'], detail));
  if (failed !== undefined) {
    throw new Error(
      `Docker is not on this machine and could not be installed (${failed}); ` +
        'install it by hand or set DOCKER_HOST to an engine that runs',
    );
  }
}

async function startUnit(): Promise<Engine> {
  try {
    await run('systemctl', ['start', 'docker']);
  } catch (error) {
    const log = await run('journalctl', ['-u', 'docker', '-n', '5', '-o', 'cat', '--no-pager']).catch(() => '');
    throw new Error(
      `Docker did not start (${(error as Error).message}); see "journalctl -u docker": ${lastLines(log)}`,
    );
  }
  return answer(systemAddress());
}

async function startDaemon(): Promise<Engine> {
  const log = join(home(), 'dockerd.log');
  const ended = isRunning(daemonPidFile, 'dockerd') ? new AbortController().signal : launch(log);
  for (const deadline = Date.now() + startSeconds * 1000; Date.now() < deadline && !ended.aborted; await sleep(100)) {
    const engine = await answer(systemAddress()).catch(() => undefined);
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
