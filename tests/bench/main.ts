/**
 * What this product costs. Medians of several runs; ratios are taken within one run, because absolute times say more
 * about the machine.
 *
 *     node --require ./setup/typescript.cjs tests/bench/main.ts [fleet] [--json] [--runs N] [--only NAME,...]
 *       [--changes N] [--ups N] [--small]
 *
 * Without a name it is what a person waits for; `fleet` is what a large fleet costs: state, time of an update, stalls of
 * the broker, messages and connections that a change takes.
 *
 * Exit 1 only where something could not be measured: a figure that misses what it must be is a result.
 */

import { say } from '../../setup/progress';
import { addition } from './addition';
import { changes } from './changes';
import { cleanUp, cleanUpOnSignals } from './cleanup';
import { commands } from './commands';
import { type Figure, isMet, table } from './figure';
import { oneMore } from './oneMore';
import { type Options, optionsOf } from './options';
import { resources } from './resources';
import { stall } from './stall';
import { stateSize } from './stateSize';
import { storm } from './storm';

type Sections = Record<string, (options: Options) => Promise<Figure[]>>;

const speed: Sections = { commands, delivery: oneMore };
const fleet: Sections = { state: stateSize, add: addition, resources, stall, storm, changes };

async function main(): Promise<number> {
  const words = process.argv.slice(2);
  const isFleet = words[0] === 'fleet';
  const sections = isFleet ? fleet : speed;
  const options = optionsOf(isFleet ? words.slice(1) : words);
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
