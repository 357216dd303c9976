/**
 * What a large fleet costs: state, time of an update, stalls of the broker, messages and connections that a change takes.
 * Medians of several runs; ratios are taken within one run, because absolute times say more about the machine.
 *
 *     node --require sucrase/register/ts tests/bench/fleet.ts [--json] [--runs N] [--only NAME,...]
 *       [--changes N] [--ups N] [--small]
 *
 * Exit 1 only where something could not be measured: a figure that misses what it must be is a result.
 */

import { say } from '../../setup/progress';
import { addition } from './addition';
import { changes } from './changes';
import { cleanUp, cleanUpOnSignals } from './cleanup';
import { type Figure, isMet, table } from './figure';
import { type Options, optionsOf } from './options';
import { resources } from './resources';
import { stall } from './stall';
import { stateSize } from './stateSize';
import { storm } from './storm';

const sections: Record<string, (options: Options) => Promise<Figure[]>> = {
  state: stateSize,
  add: addition,
  resources,
  stall,
  storm,
  changes,
};

async function main(): Promise<number> {
  const options = optionsOf(process.argv.slice(2));
  const unknown = options.only.find((name) => sections[name] === undefined);
  if (unknown !== undefined) {
    throw new Error(`there is no section "${unknown}"; use ${Object.keys(sections).join(', ')}`);
  }
  cleanUpOnSignals();
  const figures: Figure[] = [];
  const failures: string[] = [];
  for (const [name, measure] of Object.entries(sections)) {
    if (options.only.length > 0 && !options.only.includes(name)) continue;
    say(`— ${name}`);
    try {
      figures.push(...(await measure(options)));
    } catch (error) {
      failures.push(name);
      say(`${name} could not be measured: ${(error as Error).message}`);
    } finally {
      await cleanUp();
    }
  }
  const answer = { options, failures, figures: figures.map((figure) => ({ ...figure, ok: isMet(figure) })) };
  process.stdout.write(`${options.json ? JSON.stringify(answer) : table(figures)}\n`);
  return failures.length === 0 ? 0 : 1;
}

main().then(
  (code) => process.exit(code),
  (error: Error) => {
    say(error.message);
    process.exit(1);
  },
);
