/** The Docker engine, as far as a broker needs it. */

import { PassThrough } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { addressOf } from './dockerAddress';
import { clientOf } from './dockerClient';
import { patienceFor } from './reach';

/** @param dockerHost address of the engine; null for the one that the environment names, else this machine's */
export function dockerEngine(dockerHost: string | null): Docker {
  return clientOf(addressOf(dockerHost ?? undefined));
}

/** The machine of the engine; undefined where it is this one. */
export function remoteMachine(dockerHost: string | null): string | undefined {
  const { host } = addressOf(dockerHost ?? undefined);
  return /^(unix|npipe):|^systemd:$/.test(host) ? undefined : new URL(host).hostname.replace(/^\[|\]$/g, '');
}

/** Whether an engine is reached by a network, so that each answer takes its time. */
export function isFar({ modem }: Pick<Docker, 'modem'>): boolean {
  return (modem as { socketPath?: string }).socketPath === undefined;
}

/** Whether an engine runs on a machine of its own within this one; false where it does not answer. */
export async function isDockerDesktop(dockerHost: string | null): Promise<boolean> {
  const address = addressOf(dockerHost ?? undefined);
  // dockerode takes a signal here, its type declarations do not say so.
  const engine = clientOf(address) as unknown as { info(options: object): Promise<{ OperatingSystem?: string }> };
  const info = await engine.info({ abortSignal: AbortSignal.timeout(patienceFor(address)) }).catch(() => undefined);
  return info?.OperatingSystem === 'Docker Desktop';
}

/** What `docker inspect` says of a container that is there; undefined where there is none. */
export async function inspect(container: Docker.Container): Promise<Docker.ContainerInspectInfo | undefined> {
  try {
    return await container.inspect();
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** Id of the image that a reference names on the engine; undefined where there is none. */
export async function imageId(docker: Docker, reference: string): Promise<string | undefined> {
  try {
    return (await docker.getImage(reference).inspect()).Id;
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw error;
  }
}

/** What a container does, as far as a broker in it can be asked. */
export type ContainerState = 'running' | 'stopped' | 'paused' | 'restarting';

/** Number of the broker's process where commands are run: in a container it is the first one. */
export function processOf({ State, HostConfig }: Docker.ContainerInspectInfo): number {
  return HostConfig.NetworkMode === 'host' ? State.Pid : 1;
}

/** A broker that cannot serve ends within a second; one that was started again by the engine is given these to show. */
const settlingMilliseconds = 3_000;
const pauseMilliseconds = 200;

/** What a container does. */
export function stateOf({ State }: Docker.ContainerInspectInfo): ContainerState {
  if (State.Restarting) return 'restarting';
  if (State.Paused) return 'paused';
  return State.Running ? 'running' : 'stopped';
}

/** Why the engine could not start a container, as far as it says so; an address that this machine lacks is named in it. */
export function startErrorOf({ State }: Pick<Docker.ContainerInspectInfo, 'State'>): string | undefined {
  const [, reason = State.Error] = State.Error?.match(/^.*(?:userland proxy: |\([0-9a-f]{12,}\): )(.*)$/s) ?? [];
  return State.Running || !reason ? undefined : reason.trim();
}

/**
 * What `docker inspect` says of a container once it can be told whether it stays: one that ends at each start runs for a
 * moment each time, and does not run for all that.
 */
export async function settled(container: Docker.Container): Promise<Docker.ContainerInspectInfo | undefined> {
  for (;;) {
    const info = await inspect(container);
    if (info === undefined || stateOf(info) !== 'running' || info.RestartCount === 0) return info;
    if (Date.now() - Date.parse(info.State.StartedAt) > settlingMilliseconds) return info;
    await sleep(pauseMilliseconds);
  }
}

/** The container's log, without Docker's framing. */
export async function logs(container: Docker.Container): Promise<string> {
  const framed = await container.logs({ stdout: true, stderr: true });
  return unframe(framed as unknown as Buffer);
}

/** The last lines of a log, for an error message. */
export function lastLines(log: string): string {
  return log.trim().split('\n').slice(-5).join('\n');
}

/** Runs a command inside a running container. Its output must not matter to anybody who reads the engine's log. */
export async function execute(
  container: Docker.Container,
  command: string[],
): Promise<{ code: number; output: string }> {
  const exec = await container.exec({ Cmd: command, AttachStdout: true, AttachStderr: true });
  const stream = await exec.start({});
  const output = new PassThrough();
  container.modem.demuxStream(stream, output, output);
  const chunks: Buffer[] = [];
  output.on('data', (chunk: Buffer) => chunks.push(chunk));
  await new Promise((resolve, reject) => stream.once('end', resolve).once('close', resolve).once('error', reject));
  const { ExitCode } = await exec.inspect();
  return { code: ExitCode ?? -1, output: Buffer.concat(chunks).toString() };
}

/** Docker frames each piece of a log with 8 bytes: the stream, three zeros, and the length. */
export function unframe(buffer: Buffer): string {
  const parts: Buffer[] = [];
  for (let at = 0; at + 8 <= buffer.length; ) {
    const length = buffer.readUInt32BE(at + 4);
    parts.push(buffer.subarray(at + 8, at + 8 + length));
    at += 8 + length;
  }
  return Buffer.concat(parts).toString();
}
