/** Whose the broker is that a command is about to touch. */

import { mustBeOurs, takeOverWords } from '../../change/owner';
import { takeOverVariable } from '../../mosquitto/owner';
import { say } from '../../setup/progress';
import type { Readiness } from './readiness';
import type { Stack } from './stack';
import type { StoredResource } from './state';
import { hasService } from './storedBroker';

/** @throws Error where it is somebody else's */
export function mustHold({ name, settings: { containerName } }: Stack, { holder }: Readiness): void {
  mustBeOurs(containerName, holder, name);
}

/**
 * Lets the next update of a stack take a broker over, where it is somebody else's. Until its files are in place the
 * broker stays with whoever has it.
 */
export function takeOver({ engine, settings: { containerName } }: Stack, readiness: Readiness): Readiness {
  const { holder, drift } = readiness;
  if (holder === undefined) return readiness;
  say(takeOverWords(containerName, holder).join('\n'));
  engine.environment[takeOverVariable] = containerName;
  return { ...readiness, drift: { ...drift, deliver: true } };
}

/** Whether a state has anything that a destruction takes away from others who use the same name. */
export function hasBroker(resources: readonly StoredResource[]): boolean {
  const types = ['docker:index/container:Container', 'docker:index/volume:Volume'];
  return hasService(resources) || resources.some(({ type }) => types.includes(type));
}
