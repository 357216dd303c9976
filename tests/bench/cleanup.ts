/** What has to be undone at the end, however the end comes. */

type Work = () => Promise<unknown> | unknown;

const works: Work[] = [];

/** Remembers what undoes something that is made now. */
export function later(work: Work): void {
  works.push(work);
}

/** Undoes everything, the last first. A failure does not keep the rest from being undone. */
export async function cleanUp(): Promise<void> {
  for (let work = works.pop(); work !== undefined; work = works.pop()) {
    try {
      await work();
    } catch (error) {
      process.stderr.write(`left behind: ${(error as Error).message}\n`);
    }
  }
}

/** Cleans up when somebody ends the process. */
export function cleanUpOnSignals(): void {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void cleanUp().finally(() => process.exit(130)));
  }
}
