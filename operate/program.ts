/** How every program of this folder ends: its answer on standard output, or one error on standard error and exit 1. */

import { visible } from '../mosquitto/quoted';
import { whenEngineIsGone } from './engine';
import { outliveConnections } from './lateErrors';

/** What the Docker engine may answer, and what to do then. */
const faults: ReadonlyArray<{ sign: RegExp; words: string }> = [
  {
    sign: /no space left on device/i,
    words: 'the disk of the Docker engine is full; free some space ("docker system df" shows what takes it)',
  },
  {
    sign: /connect (ECONNREFUSED|ENOENT|EACCES)|socket hang up|^aborted\s*$/,
    words: 'the Docker engine does not answer; start it, or correct "dockerHost" or DOCKER_HOST',
  },
  { sign: /no such image/i, words: 'the image is not on the Docker engine; pull it, or correct "image"' },
];

/** Runs a program. Open connections do not keep it alive, and it ends with the engine that started it. */
export function run(main: () => Promise<string>): void {
  outliveConnections();
  whenEngineIsGone(() => {
    process.stderr.write('the engine that started this is gone; run up again\n', () => process.exit(1));
  });
  // Nothing is left to wait for, and there is no answer: a connection was lost without a word.
  process.once('beforeExit', () => {
    process.stderr.write('the broker went away while it was asked; run up again\n', () => process.exit(1));
  });
  main().then(
    (answer) => process.stdout.write(answer, () => process.exit(0)),
    (error: Error) => process.stderr.write(`${visible(explain(error))}\n`, () => process.exit(1)),
  );
}

/** An error in words that say what to do. */
export function explain({ message }: Error): string {
  const fault = faults.find(({ sign }) => sign.test(message));
  return fault === undefined ? message : `${fault.words}, then run up again (${message.trim()})`;
}
