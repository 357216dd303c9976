/** The commands behind `npm run`. */

import type { Drift } from '../change/drift';
import { configurationVolume } from '../mosquitto/files';
import type { CheckResult, VerificationResult } from '../mosquitto/result';
import { dockerEngine, wake } from '../operate/docker';
import { sweep } from '../operate/rehearsal';
import { say } from '../setup/progress';
import { CommandFailed, pulumi, run } from '../setup/pulumi';
import { certificatesCommand, due } from './certificates';
import { devicesCommand, provisionCommand } from './devices';
import { environment } from './env';
import { forecast } from './forecast';
import { plain } from './pulumi';
import { followDocker } from './stack/dockerAddress';
import { driftWords, proveNow, proveUntouched } from './stack/proof';
import { ready } from './stack/readiness';
import { publishedRoot, replacementWords, withoutProtection } from './stack/rootSecret';
import {
  deployableStack,
  deployedOutputs,
  existingStack,
  mendingWords,
  notDeployed,
  operate,
  outputs,
  removeStack,
  type Stack,
} from './stack/stack';
import type { StoredResource } from './stack/state';
import { planRefusal } from './stack/updatePlan';
import { allPassed, checkTable, pairs } from './table';
import { benchmark, integrationTests, test } from './test';

interface Options {
  json: boolean;
  showSecrets: boolean;
  /** Words for the engine itself. */
  rest: string[];
}

const ownOptions = ['--json', '--show-secrets'];
/** Makes `up` do nothing as long as no certificate asks for it. */
const onlyIfDue = '--only-if-due';

/** Each gets the stack's name, `dev` where none is given, and returns its exit code. */
const commands: Record<string, (stack: string, options: Options) => Promise<number>> = {
  up,
  preview,
  destroy,
  verify: prove,
  outputs: show,
  certificates: (name, { json, rest }) => certificatesCommand(name, json, rest),
  provision: (name, { rest }) => provisionCommand(name, rest),
  devices: (name, { json }) => devicesCommand(name, json),
  env: environment,
  test,
  bench: (_, { json, rest }) => benchmark(json ? ['--json', ...rest] : rest),
};

const operations = [up, preview, destroy];

async function up(name: string, { rest: words }: Options): Promise<number> {
  const rest = words.filter((word) => word !== onlyIfDue);
  const stack = await deployableStack(name);
  const { resources, drift } = await ready(stack);
  if (words.includes(onlyIfDue)) {
    const reasons = await due(stack, drift);
    if (reasons.length === 0) return 0;
    say(['An update is due:', ...reasons].join('\n  '));
  }
  const root = publishedRoot(resources);
  await sayForecast(stack, root, drift);
  if (drift.unpause) await wake(stack.settings.containerName);
  const started = new Date().toISOString();
  const args = [...mendingWords(drift, resources), '--yes', '--skip-preview', '--suppress-outputs', ...rest];
  await withoutProtection(stack.engine, name, root, () => operate(stack, 'up', args));
  const values = await deployedOutputs(stack);
  const { time, interruption } = values.verification as VerificationResult;
  // An update that changes nothing proves nothing, and a proof of another time says nothing of now.
  const isOfNow = time >= started;
  const checks = isOfNow
    ? [await proveUntouched(stack), ...(values.checks as CheckResult[])]
    : await proveNow(stack, values.delivery);
  say(`\n${checkTable(checks)} at ${isOfNow ? time : new Date().toISOString()}`);
  if (isOfNow && interruption !== null) {
    say(`The broker was replaced; nobody could connect for ${interruption.milliseconds} ms`);
  }
  say(`\n${pairs(values.endpoints as Record<string, string>)}`);
  return allPassed(checks) ? 0 : 1;
}

async function preview(name: string, { rest }: Options): Promise<number> {
  const stack = await deployableStack(name);
  const { resources, drift } = await ready(stack);
  const root = publishedRoot(resources);
  await sayForecast(stack, root, drift);
  const args = [...mendingWords(drift, resources), ...rest];
  await withoutProtection(stack.engine, name, root, () => operate(stack, 'preview', args));
  return 0;
}

async function sayForecast(stack: Stack, root: StoredResource | undefined, drift: Drift): Promise<void> {
  const plan = async () => (await deployedOutputs(stack)).delivery.plan;
  const lines = [
    ...driftWords(drift),
    ...(root === undefined ? [] : replacementWords(stack.engine, stack.name, root, stack.settings.devices.length)),
    ...(await forecast(dockerEngine(null), stack.settings, plan)),
  ];
  if (lines.length > 0) say(['', ...lines, ''].join('\n'));
}

async function destroy(name: string, { rest }: Options): Promise<number> {
  const stack = await existingStack(name);
  const { resources } = await ready(stack);
  await sweep(dockerEngine(null), configurationVolume(stack.settings.containerName));
  await followDocker(stack.engine, name, resources, stack.settings.dockerHost, stack.file.folder);
  // Whoever asks to destroy a stack means what is protected, too.
  await run(stack.engine, ['state', 'unprotect', '--all', '--stack', name, '--yes'], 'returned');
  await operate(stack, 'destroy', ['--yes', '--skip-preview', ...rest]);
  await removeStack(stack);
  return 0;
}

async function prove(name: string, { json, rest }: Options): Promise<number> {
  refuse(rest);
  const stack = await existingStack(name);
  const { delivery } = await deployedOutputs(stack);
  const checks = await proveNow(stack, delivery);
  say(checkTable(checks));
  if (json) process.stdout.write(`${JSON.stringify(checks)}\n`);
  return allPassed(checks) ? 0 : 1;
}

async function show(name: string, { json, showSecrets, rest }: Options): Promise<number> {
  refuse(rest);
  const values = await outputs(await existingStack(name), showSecrets);
  if (values.delivery === undefined) throw new Error(notDeployed(name));
  const { delivery: _delivery, checks: _checks, enrolment: _enrolment, ...readable } = values;
  process.stdout.write(`${json ? JSON.stringify(values) : pairs(readable)}\n`);
  return 0;
}

function refuse(words: readonly string[]): void {
  if (words.length > 0) throw new Error(`There is no option "${words[0]}"; use ${ownOptions.join(' or ')}`);
}

/** Looks for the engine only where its version matters, because the configuration is to be read before it. */
async function mustKeepSecrets(words: readonly string[]): Promise<void> {
  if (planRefusal(words, process.env, '0') === undefined) return;
  const refusal = planRefusal(words, process.env, (await pulumi()).version);
  if (refusal !== undefined) throw new Error(refusal);
}

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  if (name === 'pulumi') return plain(args);
  if (name === 'test:integration') return integrationTests(args);
  const command = commands[name];
  if (command === undefined) throw new Error(`There is no command "${name}"; use ${Object.keys(commands).join(', ')}`);
  const [first, ...others] = args;
  if (operations.includes(command)) await mustKeepSecrets([name, ...args]);
  const named = first !== undefined && !first.startsWith('-');
  const rest = (named ? others : args).filter((word) => !ownOptions.includes(word));
  return command(named ? first : 'dev', {
    json: args.includes('--json'),
    showSecrets: args.includes('--show-secrets'),
    rest,
  });
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    if ((error as Error).message !== '') say((error as Error).message);
    process.exit(error instanceof CommandFailed ? error.code : 1);
  },
);
