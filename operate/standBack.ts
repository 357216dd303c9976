/** The broker that a stack has had in another form on the same machine: two cannot have one port. */

import { restartDigestLabel } from '../mosquitto/reload';
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
  if (former !== undefined) await end(former);
}

/**
 * Lets it run again, where the one that was to take its place does not come to stand.
 *
 * @param next the one that was to take its place, which ends
 * @returns whether it had stood back
 */
export async function comeBack(former: Former, next: Former): Promise<boolean> {
  const container = containerOf(former);
  if ((await inspect(container))?.State.Running !== false) return false;
  if (await isBroker(next)) await end(next);
  await container.start();
  return true;
}

/** Lets the one that was made in its place run, where an earlier update has let it come back. */
export async function takeTurn(former: Former, next: Former): Promise<void> {
  const container = containerOf(next);
  if (!(await isBroker(next)) || (await inspect(container))?.State.Running !== false) return;
  await end(former);
  await container.start();
}

/** What somebody else has by the name is left as it is. */
async function isBroker(next: Former): Promise<boolean> {
  return (await inspect(containerOf(next)))?.Config.Labels?.[restartDigestLabel] !== undefined;
}

async function end(broker: Former): Promise<void> {
  const container = containerOf(broker);
  if ((await inspect(container)) !== undefined) await container.stop({ t: stopSeconds }).catch(unlessStopped);
}

function containerOf({ host, name }: Former) {
  return dockerEngine(host).getContainer(name);
}

function formerIn({ [formerVariable]: value }: NodeJS.ProcessEnv): Former | undefined {
  return value === undefined ? undefined : (JSON.parse(value) as Former);
}

/** The engine says so where nothing was to be done. */
function unlessStopped(error: { statusCode?: number }): void {
  if (error.statusCode !== 304) throw error;
}
