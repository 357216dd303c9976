/** `pulumi` as a person types it, after `eval "$(npm run -s env)"`. */

import { optionWords } from '../change/words';
import { dockerEngine } from '../operate/docker';
import { mend } from '../operate/mend';
import { mustAnswer } from '../operate/reach';
import { type Settings, SettingsError } from '../settings';
import { home } from '../setup/home';
import { say } from '../setup/progress';
import { CommandFailed, type Pulumi, pulumi, run, stackExists } from '../setup/pulumi';
import { followDocker } from './stack/dockerAddress';
import { driftWords } from './stack/proof';
import { ready } from './stack/readiness';
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
/** Commands that start from the state alone. */
const fromState = ['refresh', 'destroy'];

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
      await run(engine, args, 'shown', stackFile(home(), name).folder);
    } else if (operations.includes(operation) && !args.some((word) => word.startsWith('--config-file'))) {
      await operatePlainly(engine, operation, args);
    } else {
      await run(engine, args, 'shown');
    }
    return 0;
  } catch (error) {
    if (error instanceof CommandFailed && error.message === '') return error.code;
    throw error;
  }
}

async function operatePlainly(engine: Pulumi, operation: string, args: readonly string[]): Promise<void> {
  const name = stackOf(args) ?? (await run(engine, ['stack', '--show-name'], 'returned')).trim();
  const file = stackFile(home(), name);
  const settings = readable(file, name);
  const words = [...args, '--config-file', file.path];
  // Of a new stack there is nothing to know.
  if (settings === undefined || !(await stackExists(engine, project, name))) {
    await run(engine, words, 'shown');
    return;
  }
  const address = await mustAnswer(settings.dockerHost);
  useDocker(engine, address);
  const stack: Stack = { name, engine, file, settings };
  const isUpdate = operation === 'up' || operation === 'update';
  const readiness = await ready(stack, isUpdate);
  const { resources, drift, options } = readiness;
  if (operation === 'destroy' && !args.some((word) => choosing.test(word))) mustBeFree(resources, name);
  if (fromState.includes(operation)) await followDocker(engine, name, resources, address, file.folder);
  if (!delivering.includes(operation)) {
    await run(engine, words, 'shown');
    return;
  }
  const root = publishedRoot(resources);
  if (root !== undefined) say(replacementWords(engine, name, root, settings.devices.length).join('\n'));
  const changes = [...driftWords(drift), ...optionWords(options)];
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
