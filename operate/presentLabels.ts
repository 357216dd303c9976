import type { Labels } from '../mosquitto/owner';
import { dockerEngine, inspect } from './docker';
import { isTakenOver } from './takenOver';

/** Labels of the container that has a name, and that stays; undefined where none does. */
export async function presentLabels(place: {
  /** Undefined for the engine of the environment. */
  dockerHost: string | undefined;
  container: string;
}): Promise<Labels | undefined> {
  if (isTakenOver(place.container)) return undefined;
  return (await inspect(dockerEngine(place.dockerHost ?? null).getContainer(place.container)))?.Config.Labels;
}
