import type { Labels } from '../mosquitto/owner';
import { dockerEngine, inspect } from './docker';

/** Labels of the container that has a name; undefined where none has. */
export async function presentLabels(place: {
  /** Undefined for the engine of the environment. */
  dockerHost: string | undefined;
  container: string;
}): Promise<Labels | undefined> {
  return (await inspect(dockerEngine(place.dockerHost ?? null).getContainer(place.container)))?.Config.Labels;
}
