/** What has to be undone at the end, however the end comes. */

type Work = () => Promise<unknown> | unknown;

const works: Work[] = [];
let current: Promise<void> | undefined;
let isEnding = false;

/**
 * Remembers what undoes something that is made now.
 *
 * @throws Error when everything is being undone already; what was made now is undone, too
 */
export function later(work: Work): void {
  works.push(work);
  if (!isEnding) return;
  void cleanUp();
  throw new Error('interrupted');
}

/** Undoes everything, the last first. A failure does not keep the rest from being undone. */
export function cleanUp(): Promise<void> {
  current ??= undo().finally(() => {
    current = undefined;
  });
  return current;
}

/** Cleans up when somebody ends the process. */
export function cleanUpOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => {
      isEnding = true;
      void cleanUp().finally(() => process.exit(130));
    });
  }
}

async function undo(): Promise<void> {
  for (let work = works.pop(); work !== undefined; work = works.pop()) {
    try {
      await work();
    } catch (error) {
      process.stderr.write(`left behind: ${(error as Error).message}\n`);
    }
  }
}
