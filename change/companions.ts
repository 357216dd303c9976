/** What has become of the containers that stand beside a broker and watch it. */

import { type Drift, noDrift, type SeenContainer } from './drift';

/** A container beside a broker that a stack has made. */
export interface DeployedCompanion {
  name: string;
  id: string;
}

/** Undefined where there is none of the name. */
export type SeenCompanion = Pick<SeenContainer, 'id' | 'state'> | undefined;

/** What a container beside a broker is given back. */
export interface Waking {
  container: string;
  how: 'start' | 'unpause';
}

/**
 * What differs between the containers that are there and those that were deployed. The broker itself does not notice.
 *
 * @param seen by name
 */
export function companionDrift(
  seen: Readonly<Record<string, SeenCompanion>>,
  deployed: readonly DeployedCompanion[],
): Drift {
  const states = deployed.map(({ name, id }) => ({ name, found: seen[name], id }));
  const gone = states.filter(({ found, id }) => found?.id !== id);
  const resting = states.filter(({ found, id }) => found?.id === id && found.state !== 'running');
  const waking = resting.flatMap(({ name, found }): Waking[] => {
    if (found?.state === 'paused') return [{ container: name, how: 'unpause' }];
    return found?.state === 'stopped' ? [{ container: name, how: 'start' }] : [];
  });
  return {
    ...noDrift,
    words: [
      ...gone.map(({ name }) => `The container ${name}, which watches the broker, is gone; it is made again`),
      ...resting.map(
        ({ name, found }) =>
          `The container ${name}, which watches the broker, is ${found?.state}${found?.state === 'restarting' ? '; docker logs says why' : '; it is started again'}`,
      ),
    ],
    refresh: gone.length > 0,
    wake: waking,
  };
}
