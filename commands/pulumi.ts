/** `pulumi` as a person types it, after `eval "$(npm run -s env)"`. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { optionWords } from '../change/words';
import { dockerEngine } from '../operate/docker';
import { mend } from '../operate/mend';
import { mustAnswer } from '../operate/reach';
import { type Settings, SettingsError } from '../settings';
import { inPath } from '../settings/document';
import { home, projectFolder } from '../setup/home';
import { say } from '../setup/progress';
import { CommandFailed, type FoundPulumi, type Pulumi, pulumi, run } from '../setup/pulumi';
import { configRefusal } from './engineOptions';
import { mustHaveRoom } from './stack/brokenState';
import { followDocker } from './stack/dockerAddress';
import { chooseNew, findStack, forgetPlace } from './stack/place';
import { hasBroker, mustHold } from './stack/possession';
import { driftWords } from './stack/proof';
import { ready } from './stack/readiness';
import { forgetPendingOperations } from './stack/recovery';
import { recordedIn } from './stack/reviewed';
import { publishedRoot, replacementWords, withoutProtection } from './stack/rootSecret';
import { mendingWords, project, type Stack, useDocker } from './stack/stack';
import { type StackFile, settingsOf, stackFile } from './stack/stackFile';
import type { StoredResource } from './stack/state';
import { planRefusal } from './stack/updatePlan';
import { withWayBack } from './stack/wayBack';

/** Commands that read a stack's configuration, and would write the salt of its secrets beside it. */
const operations = ['up', 'update', 'preview', 'refresh', 'destroy', 'watch', 'import'];
/** Commands that run the program, and so deliver. */
const delivering = ['up', 'update', 'preview'];
/** Commands that write the state. */
const writing = ['up', 'update', 'refresh', 'destroy', 'import'];
/** Commands that start from the state alone. */
const fromState = ['refresh', 'destroy'];

/** Commands that write into the stack file of the repository, and the words that make them do so. */
const rewriting: Readonly<Record<string, readonly string[]>> = {
  config: ['set', 'set-all', 'rm', 'rm-all', 'refresh', 'cp'],
  stack: ['change-secrets-provider'],
};

/** Words by which somebody has decided what becomes of protected resources, or leaves them alone. */
const choosing = /^(--exclude-protected|--ignore-protect|--preview-only|--target|-t$|--help|-h$)/;

/** Hands a command over to the engine, with the copy of the stack file where the engine would write into it. */
export async function plain(args: string[]): Promise<number> {
  const engine = await pulumi();
  const [operation = ''] = args.filter((word) => !word.startsWith('-'));
  const refusal = planRefusal(args, process.env, engine.version);
  if (refusal !== undefined) throw new Error(refusal);
  try {
    if (operation === 'stack' && args.includes('init')) {
      const name = args[args.indexOf('init') + 1] ?? '';
      const file = stackFile(home(), name);
      mustHaveRoom(engine, project, name);
      await chooseNew(engine, { project, name, file });
      await run(engine, args, 'shown', file.folder);
      await findStack(engine, { project, name, file }, 'deployed');
    } else if (operations.includes(operation) && !args.some((word) => word.startsWith('--config-file'))) {
      await operatePlainly(engine, operation, args);
    } else {
      if (rewrites(operation, args)) await mustStayAsWritten(engine, args);
      await handOver(engine, operation, args);
    }
    return 0;
  } catch (error) {
    if (error instanceof CommandFailed && error.message === '') return error.code;
    throw error;
  }
}

/** Whether the engine writes the stack file of the repository anew: all of it, as it reads it. */
function rewrites(operation: string, args: readonly string[]): boolean {
  const words = rewriting[operation] ?? [];
  return args.some((word) => words.includes(word)) && !args.some((word) => /^(--help|-h|--config-file)/.test(word));
}

async function mustStayAsWritten(engine: Pulumi, args: readonly string[]): Promise<void> {
  const name = stackOf(args) ?? (await run(engine, ['stack', '--show-name'], 'returned')).trim();
  if (!existsSync(join(projectFolder, `Pulumi.${name}.yaml`))) return;
  const [first] = stackFile(home(), name).rewritten;
  if (first === undefined) return;
  throw new Error(
    `Nothing was written: the engine would change ${inPath(first.path)} in line ${first.line} of Pulumi.${name}.yaml, too, ` +
      'because it reads it as a number, a date or a boolean; put it in quotes first',
  );
}

/** Other commands, where the stack is that they name. */
async function handOver(engine: FoundPulumi, operation: string, args: readonly string[]): Promise<void> {
  const name = stackOf(args) ?? args.find((word) => /^[\w.-]+$/.test(word) && isOwnStack(word));
  const file = name !== undefined && isOwnStack(name) ? stackFile(home(), name) : undefined;
  if (name === undefined || file === undefined) {
    await run(engine, args, 'shown');
    return;
  }
  const isThere = await findStack(engine, { project, name, file }, 'handed over');
  await run(engine, args, 'shown');
  // What was going on then is pending for ever, and nobody else can know what has come of it.
  if (operation === 'stack' && args.includes('rm')) forgetPlace(file);
  if (isThere && operation === 'cancel') await forgetPendingOperations({ project, name, engine, file });
}

function isOwnStack(name: string): boolean {
  return existsSync(join(projectFolder, `Pulumi.${name}.yaml`));
}

async function operatePlainly(engine: FoundPulumi, operation: string, args: readonly string[]): Promise<void> {
  const refusal = configRefusal(args, process.env);
  if (refusal !== undefined) throw new Error(refusal);
  const name = stackOf(args) ?? (await run(engine, ['stack', '--show-name'], 'returned')).trim();
  const file = stackFile(home(), name);
  const settings = readable(file, name);
  const words = [...args, '--config-file', file.path];
  const isThere = await findStack(engine, { project, name, file }, writing.includes(operation) ? 'deployed' : 'read');
  if (writing.includes(operation)) mustHaveRoom(engine, project, name);
  if (!isThere) await chooseNew(engine, { project, name, file });
  // Of a new stack there is nothing to know.
  if (settings === undefined || !isThere) {
    await run(engine, words, 'shown');
    return;
  }
  const address = await mustAnswer(settings.dockerHost);
  useDocker(engine, address);
  const stack: Stack = { name, engine, file, settings };
  const isUpdate = operation === 'up' || operation === 'update';
  const readiness = await ready(stack, isUpdate);
  const { resources, drift, options } = readiness;
  if (delivering.includes(operation) || (operation === 'destroy' && hasBroker(resources))) mustHold(stack, readiness);
  if (operation === 'destroy' && !args.some((word) => choosing.test(word))) mustBeFree(resources, name);
  if (fromState.includes(operation)) await followDocker(engine, name, resources, address, file.folder);
  if (!delivering.includes(operation)) {
    await run(engine, words, 'shown');
    return;
  }
  const root = publishedRoot(resources);
  if (root !== undefined) say(replacementWords(engine, name, root, settings.devices.length).join('\n'));
  // Of a stack that has recorded what it was, the program itself says what changes.
  const isSaid = recordedIn(resources).record !== undefined && !options.isImageMoved;
  const changes = [...driftWords(drift), ...(isSaid ? [] : optionWords(options))];
  if (changes.length > 0) say(changes.join('\n'));
  if (isUpdate) await mend(dockerEngine(null), settings.containerName, drift);
  const mending = mendingWords(drift, resources);
  const deliver = () => withoutProtection(engine, name, root, () => run(engine, [...words, ...mending], 'shown'));
  await (isUpdate ? withWayBack(stack, readiness, deliver) : deliver());
}

/** Undefined where only the engine knows the values, because they are encrypted, or where the program will refuse them. */
function readable(file: StackFile, name: string): Settings | undefined {
  try {
    return settingsOf(file, name);
  } catch (error) {
    if (error instanceof SettingsError) return undefined;
    throw error;
  }
}

/** The engine finds out about a protected resource when it has deleted others. */
function mustBeFree(resources: readonly StoredResource[], stack: string): void {
  const names = resources.filter(({ protect }) => protect === true).map(({ urn }) => urn.split('::').at(-1));
  if (names.length === 0) return;
  throw new Error(
    `Nothing was destroyed: ${names.join(', ')} of ${stack} are protected; "npm run destroy -- ${stack}" takes them away, too`,
  );
}

function stackOf(args: readonly string[]): string | undefined {
  const [inline] = args.filter((word) => word.startsWith('--stack='));
  if (inline !== undefined) return inline.slice('--stack='.length);
  const at = args.findIndex((word) => word === '--stack' || word === '-s');
  return at === -1 ? undefined : args[at + 1];
}
