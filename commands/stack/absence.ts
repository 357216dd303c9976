/** Why the broker of a stack cannot be asked. */

import type Docker from 'dockerode';
import { kindOf } from '../../mosquitto/container';
import type { VerificationPlan } from '../../mosquitto/verificationPlan';
import { dockerEngine, settled, startErrorOf, stateOf } from '../../operate/docker';

/** In words that go on with what is to be done; undefined where it runs. */
export async function absence({ dockerHost, container }: VerificationPlan): Promise<string | undefined> {
  return absenceIn(container, await settled(dockerEngine(dockerHost).getContainer(container)));
}

/** @param info what the engine says of the container; undefined where there is none */
export function absenceIn(container: string, info: Docker.ContainerInspectInfo | undefined): string | undefined {
  if (info === undefined) return `the container ${container} is not there`;
  const what = `${kindOf(info.HostConfig?.NetworkMode)} ${container}`;
  const state = stateOf(info);
  const startError = startErrorOf(info);
  const code = `(exit code ${info.State.ExitCode})`;
  switch (state) {
    case 'running':
      return undefined;
    case 'paused':
      return `the ${what} is paused`;
    case 'stopped':
      return startError === undefined
        ? `the ${what} has stopped ${code}`
        : `Docker could not start the container ${container} (${startError})`;
    case 'restarting':
      return `the broker in ${container} ends at each start ${code}`;
  }
}
