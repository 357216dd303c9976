/** Whether what watches the broker runs. */

import { type Finding, finding } from '../../doctor/finding';
import { dockerWords, type Patient, up } from '../../doctor/patient';
import { dockerEngine, inspect, stateOf } from '../../operate/docker';
import { watcherContainer, watchers } from '../../watching/containers';
import type { Known } from '../stack/known';

export async function watchersPart({ resources = [] }: Known, patient: Patient): Promise<Finding[]> {
  const made = resources
    .filter(({ type }) => type === 'docker:index/container:Container')
    .map(({ inputs }) => String(inputs?.name));
  const deployed = watchers.filter((watcher) => made.includes(watcherContainer(patient.container, watcher)));
  const found = await Promise.all(
    deployed.map(async (watcher) => {
      const name = watcherContainer(patient.container, watcher);
      const info = await inspect(dockerEngine(null).getContainer(name));
      return { watcher, name, state: info === undefined ? 'gone' : stateOf(info) };
    }),
  );
  return found
    .filter(({ state }) => state !== 'running')
    .map(({ watcher, name, state }) =>
      finding('watcher-down', {
        of: [watcher],
        says: `The container ${name}, which watches the broker, ${state === 'restarting' ? 'ends at each start' : `is ${state}`}`,
        remedy: 'Bring it back; the broker itself is not touched',
        run: [state === 'gone' ? up(patient) : watcherOrder(patient, state, name)],
      }),
    );
}

function watcherOrder(patient: Patient, state: string, name: string): string {
  if (state === 'restarting') return dockerWords(patient, `logs --tail 20 ${name}`);
  return dockerWords(patient, `${state === 'paused' ? 'unpause' : 'start'} ${name}`);
}
