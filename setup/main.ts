/** The commands behind `npm run`. */

import type { Delivery } from '../mosquitto/delivery';
import type { CheckResult } from '../mosquitto/plan';
import { rehearseDelivered } from '../operate/literals';
import { resultOf, verify } from '../operate/verification';
import { environment } from './environment';
import { plain } from './plain';
import { say } from './progress';
import { CommandFailed } from './pulumi';
import { deployableStack, existingStack, operate, outputs, removeStack } from './stack';
import { allPassed, checkTable, pairs } from './table';
import { test } from './test';

interface Options {
  json: boolean;
  showSecrets: boolean;
  /** Words for the engine itself. */
  rest: string[];
}

const ownOptions = ['--json', '--show-secrets'];

/** Each gets the stack's name, `dev` where none is given, and returns its exit code. */
const commands: Record<string, (stack: string, options: Options) => Promise<number>> = {
  up,
  preview,
  destroy,
  verify: prove,
  outputs: show,
  env: environment,
  test,
};

async function up(name: string, { rest }: Options): Promise<number> {
  const stack = await deployableStack(name);
  await operate(stack, 'up', ['--yes', '--skip-preview', '--suppress-outputs', ...rest]);
  const { endpoints, checks, verification } = await outputs(stack, true);
  const { time } = verification as { time: string };
  say(`\n${checkTable(checks as CheckResult[])} at ${time}\n\n${pairs(endpoints as Record<string, string>)}`);
  return 0;
}

async function preview(name: string, { rest }: Options): Promise<number> {
  await operate(await deployableStack(name), 'preview', rest);
  return 0;
}

async function destroy(name: string, { rest }: Options): Promise<number> {
  const stack = await existingStack(name);
  await operate(stack, 'destroy', ['--yes', '--skip-preview', ...rest]);
  await removeStack(stack);
  return 0;
}

async function prove(name: string, { json, rest }: Options): Promise<number> {
  refuse(rest);
  const delivery = (await outputs(await existingStack(name), true)).delivery as Delivery;
  const checks = await Promise.all([rehearseDelivered(delivery), verify(delivery.plan)]);
  const result = resultOf(checks.flat());
  say(checkTable(result.checks));
  if (json) process.stdout.write(`${JSON.stringify(result.checks)}\n`);
  return allPassed(result.checks) ? 0 : 1;
}

async function show(name: string, { json, showSecrets, rest }: Options): Promise<number> {
  refuse(rest);
  const values = await outputs(await existingStack(name), showSecrets);
  const { delivery: _delivery, checks: _checks, ...readable } = values;
  process.stdout.write(`${json ? JSON.stringify(values) : pairs(readable)}\n`);
  return 0;
}

function refuse(words: readonly string[]): void {
  if (words.length > 0) throw new Error(`There is no option "${words[0]}"; use ${ownOptions.join(' or ')}`);
}

async function main(): Promise<number> {
  const [name = '', ...args] = process.argv.slice(2);
  if (name === 'pulumi') return plain(args);
  const command = commands[name];
  if (command === undefined) throw new Error(`There is no command "${name}"; use ${Object.keys(commands).join(', ')}`);
  const [first, ...others] = args;
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
