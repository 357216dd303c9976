/** The commands behind `npm run`. */

import { outliveConnections } from '../operate/lateErrors';
import { say } from '../setup/progress';
import { CommandFailed, pulumi } from '../setup/pulumi';
import { leaveOut } from '../setup/surroundings';
import { read } from './commandLine';
import { configRefusal, configWords } from './engineOptions';
import type { Asked } from './options';
import { planRefusal } from './stack/updatePlan';

type Run = (asked: Asked) => Promise<number>;

/** Each is loaded when it is called, so that help and refusals do not wait for the others. */
const runs: Readonly<Record<string, () => Promise<Run>>> = {
  up: async () => (await import('./up')).up,
  preview: async () => (await import('./preview')).preview,
  review: async () => (await import('./review')).review,
  destroy: async () => (await import('./destroy')).destroy,
  verify: async () => (await import('./verify')).verify,
  outputs: async () => (await import('./outputs')).outputs,
  provision: async () => (await import('./provision')).provision,
  certificates: async () => (await import('./certificates')).certificates,
  status: async () => (await import('./status')).status,
  devices: async () => (await import('./devices')).devices,
  doctor: async () => (await import('./doctor')).doctor,
  log: async () => (await import('./log')).log,
  monitoring: async () => (await import('./monitoring')).monitoring,
  access: async () => (await import('./access')).access,
  explain: async () => (await import('./explain')).explain,
  env: async () => (await import('./env')).environment,
  'test:quick': async () => (await import('./test')).quickTest,
  test: async () => (await import('./test')).test,
  'test:integration': async () => (await import('./test')).integrationTests,
  bench: async () => (await import('./test')).benchmark,
};

/** The commands that are operations of the engine. */
const operations = ['up', 'preview', 'destroy'];

/** Looks for the engine only where its version matters, because the configuration is to be read before it. */
async function mustBeAllowed(words: readonly string[]): Promise<void> {
  const hidden = configRefusal(words, process.env);
  if (hidden !== undefined) throw new Error(hidden);
  if (planRefusal(words, process.env, '0') === undefined) return;
  const refusal = planRefusal(words, process.env, (await pulumi()).version);
  if (refusal !== undefined) throw new Error(refusal);
}

/** An update and its preview may be given values for once. */
function withOnce(asked: Asked): Asked {
  if (asked.command !== 'up' && asked.command !== 'preview') return asked;
  const { once, others } = configWords(asked.words);
  return { ...asked, once, words: others };
}

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  // Whatever the shell allows: nobody else may write to what is made, and run, from here on.
  process.umask(process.umask() | 0o002);
  const leftOut = leaveOut(process.env, words[0] === 'pulumi');
  if (leftOut.length > 0) say(`Left out of the environment: ${leftOut.join(', ')}; options stand behind a command`);
  if (words[0] === 'pulumi') return (await import('./pulumi')).plain(words.slice(1));
  const reading = read(words, process.env);
  if ('help' in reading) {
    process.stdout.write(`${reading.help}\n`);
    return 0;
  }
  const asked = withOnce(reading.asked);
  const run = runs[asked.command];
  if (run === undefined) throw new Error(`"${asked.command}" cannot be run`);
  if (operations.includes(asked.command)) await mustBeAllowed([asked.command, ...asked.words]);
  return (await run())(asked);
}

outliveConnections();
main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    const { message, code } = error as NodeJS.ErrnoException;
    if (message !== '')
      say(code === 'ENOSPC' ? `The disk is full (${message}); free some room, and run it again` : message);
    process.exit(error instanceof CommandFailed ? error.code : 1);
  },
);
