/** The commands behind `npm run`. */

import { say } from '../setup/progress';
import { CommandFailed, pulumi } from '../setup/pulumi';
import { certificatesCommand } from './certificates';
import { destroy } from './destroy';
import { devicesCommand, provisionCommand } from './devices';
import { environment } from './env';
import { type Options, ownOptions } from './options';
import { outputs } from './outputs';
import { preview } from './preview';
import { plain } from './pulumi';
import { planRefusal } from './stack/updatePlan';
import { benchmark, integrationTests, quickTest, test } from './test';
import { up } from './up';
import { verify } from './verify';

/** Each gets the stack's name, `dev` where none is given, and returns its exit code. */
const commands: Record<string, (stack: string, options: Options) => Promise<number>> = {
  up,
  preview,
  destroy,
  verify,
  outputs,
  certificates: (name, { json, rest }) => certificatesCommand(name, json, rest),
  provision: (name, { rest }) => provisionCommand(name, rest),
  devices: (name, { json }) => devicesCommand(name, json),
  env: environment,
  'test:quick': quickTest,
  test,
  bench: (_, { json, rest }) => benchmark(json ? ['--json', ...rest] : rest),
};

const operations = [up, preview, destroy];

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
