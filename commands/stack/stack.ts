/** A stack that is ready to be worked on: its engine, its file, its Docker, its image. */

import type { Drift } from '../../change/drift';
import type { Delivery } from '../../fleet/delivery';
import { quoted } from '../../mosquitto/quoted';
import { isService } from '../../mosquitto/serviceAddress';
import { weakerWords } from '../../mosquitto/weaker';
import { clockProblem } from '../../operate/clocks';
import { remoteMachine } from '../../operate/docker';
import { answeredVariable, chosenAddress, type DockerAddress, useAddress } from '../../operate/dockerAddress';
import { releaseConnections } from '../../operate/dockerClient';
import { sharedWords } from '../../operate/sshConnection';
import type { Settings } from '../../settings';
import { docker } from '../../setup/docker';
import { home } from '../../setup/home';
import { image } from '../../setup/image';
import { say } from '../../setup/progress';
import { withoutProxy } from '../../setup/proxies';
import { type FoundPulumi, type Pulumi, pulumi, run } from '../../setup/pulumi';
import { watcherImages } from '../../watching/containers';
import { mustHaveRoom } from './brokenState';
import { findStack, forgetPlace, lookedIn, makeStack } from './place';
import { recover } from './recovery';
import { presentUrn } from './resourceNames';
import { said } from './said';
import { forgetStackFile, type StackFile, settingsOf, stackFile } from './stackFile';
import { type StoredResource, stored } from './state';
import { brokerResourceIn, hasService } from './storedBroker';
import { type Outputs, told } from './told';

export const project = 'aipi-mqtt';

export interface Stack {
  name: string;
  engine: Pulumi;
  file: StackFile;
  settings: Settings;
  /** What the program has told in an update that came to its end. */
  told?: Outputs | undefined;
}

/** A stack that is there already, for what its state alone can answer; in words where it was looked for, where it is not. */
export async function knownStack(name: string): Promise<Stack | string> {
  const file = stackFile(home(), name);
  const plain = settingsOf(file, name);
  const engine = await pulumi();
  if (!(await findStack(engine, { project, name, file }, 'read'))) return lookedIn(engine);
  const settings = plain ?? (await decryptedSettings(engine, file, name));
  return { name, engine, file, settings };
}

/** @throws Error where it is not there */
export async function existingStack(name: string): Promise<Stack> {
  const stack = await knownStack(name);
  if (typeof stack === 'string') throw new Error(notDeployed(name, stack));
  return stack;
}

/** @throws Error where its Docker engine cannot be reached */
export async function reachDocker({ engine, settings }: Stack): Promise<DockerAddress> {
  const { address } = await docker({ dockerHost: settings.dockerHost });
  useDocker(engine, address);
  return address;
}

/**
 * A stack with everything that a deployment needs, made where it is missing.
 *
 * @param once values of the configuration for this one command, each as KEY=VALUE
 */
export async function deployableStack(name: string, once: readonly string[] = []): Promise<Stack> {
  const file = stackFile(home(), name, { once });
  const plain = settingsOf(file, name);
  // What is wrong with Docker is said before minutes of building an engine, unless only the engine can read its address.
  const found = plain === undefined ? undefined : await dockerWithImage(plain);
  const engine = await pulumi();
  say(engine.words);
  await placed(engine, name, file);
  const settings = plain ?? (await decryptedSettings(engine, file, name));
  useDocker(engine, found ?? (await dockerWithImage(settings)));
  return { name, engine, file, settings };
}

/** Finds the stack or makes it, once there is room for its state. */
async function placed(engine: FoundPulumi, name: string, file: StackFile): Promise<void> {
  const isThere = await findStack(engine, { project, name, file }, 'deployed');
  mustHaveRoom(engine, project, name);
  if (!isThere) await makeStack(engine, { project, name, file });
}

async function dockerWithImage(settings: Settings): Promise<DockerAddress> {
  const { dockerHost, monitoring } = settings;
  if (dockerHost !== undefined && isService(dockerHost)) return machineWithServices(settings);
  const chosen = chosenAddress(dockerHost);
  // Of a machine that is far away both are asked at once; an engine that does not answer is told before its image.
  const references = [settings.image, ...watcherImages(monitoring)];
  const images = (address: DockerAddress) =>
    Promise.all(references.map((reference) => image({ reference, address, home: home() })));
  const early = chosen?.host.startsWith('ssh:') ? images(chosen) : undefined;
  const clocks = chosen === undefined ? undefined : clockProblem(chosen);
  for (const answer of [early, clocks]) answer?.catch(() => {});
  const { address, version } = await docker({ dockerHost });
  const [{ origin } = { origin: '' }, ...others] = await (early ?? images(address));
  const apart = await clocks;
  if (apart !== undefined) throw new Error(`${apart}; nothing was changed`);
  say(`Docker ${version} at ${address.host}; image: ${origin}`);
  for (const other of others) say(`  and ${other.origin}`);
  return address;
}

async function machineWithServices(settings: Settings): Promise<DockerAddress> {
  const { address, version } = await docker({ dockerHost: settings.dockerHost });
  say(`${version} on ${remoteMachine(address.host) ?? 'this machine'}`);
  for (const words of weakerWords(settings)) say(`! ${words}`);
  if (settings.isUnwatched)
    say('! monitoring.enabled: nothing watches a service: its machine has no engine for containers');
  return address;
}

/** The settings of a stack file with encrypted values; they are in memory only. */
export async function decryptedSettings(engine: Pulumi, file: StackFile, name: string): Promise<Settings> {
  const settings = settingsOf(file, name, await decryptedValues(engine, file, name));
  if (settings === undefined) throw new Error('the configuration cannot be read');
  return settings;
}

/** Gives the values of a stack file that only the engine can read, key to text. */
export type Decrypt = (name: string, file: StackFile) => Promise<Record<string, string>>;

/**
 * Asks the engine for them; they are in memory only.
 *
 * @throws Error where the stack is not there: without it nobody can open them
 */
export const existingValues: Decrypt = async (name, file) => {
  const engine = await pulumi();
  const isThere = await findStack(engine, { project, name, file }, 'read');
  if (!isThere) throw new Error(notDeployed(name, lookedIn(engine)));
  return decryptedValues(engine, file, name);
};

async function decryptedValues(engine: Pulumi, file: StackFile, name: string): Promise<Record<string, string>> {
  const args = ['config', '--show-secrets', '--json', '--stack', name, '--config-file', file.path];
  const values: Record<string, { value?: string }> = JSON.parse(await run(engine, args, 'returned', file.folder));
  return Object.fromEntries(Object.entries(values).map(([key, { value = '' }]) => [key, value]));
}

/** Everything that the program tells in an update. */
const handedOver = ['delivery', 'endpoints', 'verification', 'checks'];

/** The engine's plug-ins and our own programs must find the same Docker. */
export function useDocker(engine: Pulumi, address: DockerAddress): void {
  useAddress(address);
  engine.environment[answeredVariable] = address.host;
  // The plug-in, which takes the container of before away where a broker moves, would fail at an address that is none of Docker's.
  if (isService(address.host)) engine.environment.DOCKER_HOST = '';
  const shared = sharedWords(address.host);
  // The plug-in takes its words of `ssh` from there, and so does whoever the engine starts.
  if (shared.length > 0) engine.environment.DOCKER_SSH_OPTS = [process.env.DOCKER_SSH_OPTS, ...shared].join(' ').trim();
  // A plug-in that reaches the engine by a proxy might reach another one; our own programs never do.
  Object.assign(engine.environment, withoutProxy(process.env, remoteMachine(address.host)));
}

/**
 * Runs an operation of the engine on the stack, with its own copy of the stack file.
 *
 * @param heard gets the outputs that the program has told so far, with each part
 */
export async function operate(
  stack: Stack,
  operation: 'up' | 'preview' | 'destroy',
  args: readonly string[],
  output: 'shown' | 'aside' = 'shown',
  heard?: (outputs: Outputs) => void,
): Promise<void> {
  const own = ['--stack', stack.name, '--config-file', stack.file.path, '--non-interactive'];
  try {
    releaseConnections();
    const work = (added: Record<string, string>) => {
      const engine = { ...stack.engine, environment: { ...stack.engine.environment, ...said, ...added } };
      return run(engine, [operation, ...own, ...args], output);
    };
    const outputs = await told(stack.file.folder, work, heard);
    stack.told = handedOver.every((name) => outputs?.[name] !== undefined) ? outputs : undefined;
  } catch (error) {
    // An engine that is ended in its first moments leaves its lock behind.
    await recover({ ...stack, project });
    throw error;
  }
}

/**
 * Words that make the engine mend what it cannot see by itself. What it does not know yet it makes in any case, and would
 * refuse to replace.
 */
export function mendingWords(
  { refresh, replace, deliver, firewall }: Pick<Drift, 'refresh' | 'replace' | 'deliver' | 'firewall'>,
  resources: readonly StoredResource[],
): string[] {
  const again = [
    // A service was mended before.
    ...(replace && !hasService(resources) ? [brokerResourceIn(resources)] : []),
    ...(firewall === undefined ? [] : [stored(resources, 'command:local:Command', 'firewall-table')]),
    ...(deliver ? [stored(resources, 'command:local:Command', 'configuration-delivery')] : []),
  ];
  return [
    ...(refresh ? ['--refresh'] : []),
    ...again.flatMap((resource) => (resource === undefined ? [] : ['--replace', presentUrn(resource.urn)])),
  ];
}

/** Forgets a destroyed stack. `destroy --remove` would delete the stack file of the repository too. */
export async function removeStack({ name, engine, file }: Stack): Promise<void> {
  await run(engine, ['stack', 'rm', name, '--yes', '--preserve-config'], 'returned');
  forgetPlace(file);
  forgetStackFile(file);
}

/**
 * The outputs of a stack with its secrets.
 *
 * @throws Error where it has none yet, because no deployment came to its end
 */
export async function deployedOutputs(stack: Stack): Promise<Record<string, unknown> & { delivery: Delivery }> {
  const { delivery, ...others } = stack.told ?? (await outputs(stack, true));
  if (delivery === undefined) throw new Error(notDeployed(stack.name, lookedIn(stack.engine)));
  return { ...others, delivery: delivery as Delivery };
}

/**
 * What is said of a stack that has nothing to work with.
 *
 * @param looked where it was looked for
 */
export function notDeployed(stack: string, looked: string): string {
  return `The stack ${quoted(stack)} has not been deployed, or its first deployment did not come to its end; it was looked for in ${looked}; run: npm run up -- ${stack}`;
}

/** What is said of a stack that an earlier version of this program deployed, and that does not say something. */
export function earlier(stack: string, what: string): string {
  return `The stack ${quoted(stack)} was deployed by an earlier version of this program, which does not say ${what}; run: npm run up -- ${stack}`;
}

/** The outputs of the stack. */
export async function outputs(stack: Stack, showSecrets: boolean): Promise<Outputs> {
  const args = ['stack', 'output', '--stack', stack.name, '--json', ...(showSecrets ? ['--show-secrets'] : [])];
  return JSON.parse(await run(stack.engine, args, 'returned')) as Record<string, unknown>;
}
