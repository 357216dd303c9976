/** The broker that a stack has had in another form on the same machine: two cannot have one port. */

import { dockerEngine, inspect } from './docker';

/** In the environment of an update that moves a broker: the one from before, as JSON. */
export const formerVariable = 'AIPI_FORMER_BROKER';

export interface Former {
  /** Address of its engine, or of its services. */
  host: string;
  name: string;
}

const stopSeconds = 30;

/** Ends it, with the time that it needs to write what it has; does nothing where nothing moves. */
export async function standBack(environment: NodeJS.ProcessEnv = process.env): Promise<void> {
  const former = formerIn(environment);
  if (former === undefined) return;
  const container = dockerEngine(former.host).getContainer(former.name);
  if ((await inspect(container)) !== undefined) await container.stop({ t: stopSeconds }).catch(unlessStopped);
}

/**
 * Lets it run again, where the one that was to take its place does not.
 *
 * @returns whether it had stood back
 */
export async function comeBack(former: Former): Promise<boolean> {
  const container = dockerEngine(former.host).getContainer(former.name);
  if ((await inspect(container))?.State.Running !== false) return false;
  await container.start();
  return true;
}

function formerIn({ [formerVariable]: value }: NodeJS.ProcessEnv): Former | undefined {
  return value === undefined ? undefined : (JSON.parse(value) as Former);
}

/** The engine says so where nothing was to be done. */
function unlessStopped(error: { statusCode?: number }): void {
  if (error.statusCode !== 304) throw error;
}
