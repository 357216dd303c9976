/** Shells that wait inside containers, so that a command does not have to wait for the engine. */

import type { Duplex } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { execute } from './docker';
import { Shell } from './shell';

interface Asked {
  words: readonly string[];
  end: (code: number) => void;
  answer: (stream: Duplex | undefined) => void;
}

/** Those of one container. */
class Shells {
  private readonly shells: Shell[] = [];
  private readonly asked: Asked[] = [];
  private opening = 0;

  /** @param isPatient whether a shell that is busy is waited for */
  constructor(private readonly isPatient: boolean) {}

  add(opened: Promise<Shell>): void {
    this.opening += 1;
    const added = opened.then((shell) => {
      shell.changed = () => this.serve();
      this.shells.push(shell);
    });
    // Without a shell each command waits for the engine, which then says what is wrong.
    added
      .catch(() => {})
      .finally(() => {
        this.opening -= 1;
        this.serve();
      });
  }

  /** Runs a command, first come, first served; undefined where no shell is to be had. */
  run(words: readonly string[], end: (code: number) => void = () => {}): Promise<Duplex | undefined> {
    return new Promise((answer) => {
      this.asked.push({ words, end, answer });
      this.serve();
    });
  }

  private serve(): void {
    for (const shell of this.shells.filter(({ isFree }) => isFree)) {
      const next = this.asked.shift();
      if (next !== undefined) next.answer(shell.run(next.words, next.end));
    }
    const isFutile = !this.isPatient || this.shells.every(({ hasEnded }) => hasEnded);
    if (this.opening === 0 && isFutile) for (const { answer } of this.asked.splice(0)) answer(undefined);
  }
}

const waiting = new WeakMap<Docker.Container, Shells>();

/**
 * Opens shells in a container that runs; where that fails, commands are run without.
 *
 * @param stop ends a process of the container. With it the shells carry one command after the other, and whoever finds
 *   all of them busy waits; so what keeps one while it waits for another has to be the first to ask. Without it a shell
 *   ends with the first command that is given up.
 */
export function openShells(container: Docker.Container, count: number, stop?: (pid: number) => void): void {
  const shells = new Shells(stop !== undefined);
  waiting.set(container, shells);
  for (let each = 0; each < count; each += 1) shells.add(Shell.open(container, stop));
}

/** Runs a command in a shell that waits in the container; undefined where there is none, or a word holds a blank. */
export async function runThere(
  container: Docker.Container,
  words: readonly string[],
  end?: (code: number) => void,
): Promise<Duplex | undefined> {
  // Such a shell splits what it is told at blanks.
  return words.some((word) => /\s/.test(word)) ? undefined : waiting.get(container)?.run(words, end);
}

/** What a command says, run in a shell that waits in the container, else by itself. */
export async function saidThere(container: Docker.Container, words: string[]): Promise<string> {
  let code = -1;
  const stream = await waiting.get(container)?.run(words, (ended) => {
    code = ended;
  });
  const said = stream === undefined ? '' : await text(stream);
  return code === 0 ? said : (await execute(container, words)).output;
}
