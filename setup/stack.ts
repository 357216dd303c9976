/** A stack that is ready to be worked on: its engine, its file, its Docker, its image. */

import { configurationMount, configurationVolume, deployments, unfinishedMark } from '../mosquitto/files';
import { deployedFile } from '../operate/deployed';
import { dockerEngine, inspect } from '../operate/docker';
import { sweep } from '../operate/rehearsal';
import type { Settings } from '../settings';
import { docker } from './docker';
import { home } from './home';
import { image } from './image';
import { say } from './progress';
import { type Pulumi, pulumi, run, stackExists } from './pulumi';
import { recover } from './recovery';
import { forgetStackFile, type StackFile, settingsOf, stackFile } from './stackFile';

const project = 'aipi-mqtt';

export interface Stack {
  name: string;
  engine: Pulumi;
  file: StackFile;
  /** Undefined where a value is encrypted, so that only the engine can read it. */
  settings: Settings | undefined;
}

/** A stack that is there already. */
export async function existingStack(name: string): Promise<Stack> {
  const file = stackFile(home(), name);
  const settings = settingsOf(file, name);
  const engine = await pulumi();
  useDocker(engine, (await docker({ dockerHost: settings?.dockerHost })).host);
  if (!(await stackExists(engine, project, name))) {
    throw new Error(`The stack "${name}" has not been deployed; run: npm run up -- ${name}`);
  }
  return { name, engine, file, settings };
}

/** A stack with everything that a deployment needs, made where it is missing. */
export async function deployableStack(name: string): Promise<Stack> {
  const file = stackFile(home(), name);
  const settings = settingsOf(file, name);
  const found = await docker({ dockerHost: settings?.dockerHost });
  if (settings !== undefined) {
    const made = await image({ reference: settings.image, dockerHost: found.host, home: home() });
    say(`Docker ${found.version} at ${found.host}; image: ${made.origin}`);
  }
  const engine = await pulumi();
  useDocker(engine, found.host);
  if (!(await stackExists(engine, project, name))) {
    await run(engine, ['stack', 'init', name, '--non-interactive'], 'returned', file.folder);
  }
  return { name, engine, file, settings };
}

/** The engine's plug-ins and our own programs must find the same Docker. */
function useDocker(engine: Pulumi, host: string): void {
  engine.environment.DOCKER_HOST = host;
  process.env.DOCKER_HOST = host;
}

/** Runs an operation of the engine on the stack, with its own copy of the stack file. */
export async function operate(stack: Stack, operation: string, args: readonly string[]): Promise<string> {
  const recovered = await recover({ ...stack, project });
  if (stack.settings !== undefined && (recovered || operation === 'destroy')) {
    await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
  }
  // Whoever asks to destroy a stack means what is protected, too.
  if (operation === 'destroy') {
    await run(stack.engine, ['state', 'unprotect', '--all', '--stack', stack.name, '--yes'], 'returned');
  }
  const again =
    operation !== 'destroy' && stack.settings !== undefined && (await mustDeliverAgain(stack.settings, recovered))
      ? deliveryOf(stack)
      : [];
  const own = ['--stack', stack.name, '--config-file', stack.file.path, '--non-interactive', ...again];
  return run(stack.engine, [operation, ...own, ...args], 'shown');
}

/**
 * Whether a delivery was cut off after it had put its files in place. The engine knows only its input before, so a
 * change that is taken back then would look like none.
 */
async function mustDeliverAgain({ containerName }: Settings, recovered: boolean): Promise<boolean> {
  const broker = dockerEngine(null).getContainer(containerName);
  const mark = await deployedFile(broker, unfinishedMark, `${configurationMount}/${deployments}`);
  return mark !== undefined || (recovered && (await inspect(broker)) !== undefined);
}

/** Words that make the engine deliver, whatever it knows. */
function deliveryOf({ name }: Stack): string[] {
  const type = 'aipi:index:Configuration$command:local:Command';
  return ['--replace', `urn:pulumi:${name}::${project}::${type}::configuration-delivery`];
}

/** Forgets a destroyed stack. `destroy --remove` would delete the stack file of the repository too. */
export async function removeStack({ name, engine, file }: Stack): Promise<void> {
  await run(engine, ['stack', 'rm', name, '--yes', '--preserve-config'], 'returned');
  forgetStackFile(file);
}

/** The outputs of the stack. */
export async function outputs(stack: Stack, showSecrets: boolean): Promise<Record<string, unknown>> {
  const args = ['stack', 'output', '--stack', stack.name, '--json', ...(showSecrets ? ['--show-secrets'] : [])];
  return JSON.parse(await run(stack.engine, args, 'returned')) as Record<string, unknown>;
}
