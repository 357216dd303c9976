/** What is wrong with what runs the broker. */

import type { SeenContainer } from '../change/drift';
import { type Finding, finding } from './finding';
import { order, type Patient, up } from './patient';

/** A container as the engine tells of it. */
export interface SeenState extends Pick<SeenContainer, 'state' | 'exitCode' | 'startError'> {
  /** Whether the kernel has ended it for want of memory. */
  isKilled: boolean;
  /** What its check of health says; undefined where there is none, or where it holds. */
  complaint: string | undefined;
  /** Its last lines, where it does not run. */
  lastWords: readonly string[];
}

export interface Place {
  port: number;
  bindAddress: string;
}

/**
 * @param seen undefined where there is no container
 * @param taken ports of it that another program has
 */
export function containerFindings(
  patient: Patient,
  seen: SeenState | undefined,
  taken: readonly Place[],
  memoryLimitMebibytes: number | undefined,
): Finding[] {
  return [...takenFindings(patient, taken, seen !== undefined), ...stateFindings(patient, seen, memoryLimitMebibytes)];
}

function takenFindings(patient: Patient, taken: readonly Place[], isThere: boolean): Finding[] {
  return taken.map(({ port, bindAddress }) =>
    finding('port-taken', {
      of: [`${bindAddress}:${port}`],
      says: `Another program has port ${port} of ${bindAddress}, so that the ${patient.runtime} ${patient.container} cannot start`,
      remedy: `End that program, which the first command names, or give the listener another port in Pulumi.${patient.stack}.yaml; then the second one`,
      run: [`ss -ltnp 'sport = :${port}'`, isThere ? order(patient, 'start') : up(patient)],
    }),
  );
}

function stateFindings(patient: Patient, seen: SeenState | undefined, memory: number | undefined): Finding[] {
  const what = `The ${patient.runtime} ${patient.container}`;
  const again = `, and nobody is served`;
  if (seen === undefined) {
    return [
      finding('container-gone', {
        says: `${what} is gone${again}`,
        remedy: 'Make it again; sessions and messages are on its volume',
        run: [up(patient)],
      }),
    ];
  }
  const { state, exitCode, startError, isKilled, lastWords } = seen;
  const last = lastWords.length === 0 ? '' : `; its last words: ${lastWords.join(' / ')}`;
  if (isKilled && state !== 'running') {
    return [
      finding('container-killed', {
        says: `${what} was ended by the kernel, because its memory was used up${again}`,
        remedy: `Give it more memory, for example by the line "aipi-mqtt:memoryLimitMebibytes: ${2 * (memory ?? 512)}" in Pulumi.${patient.stack}.yaml, and deploy it`,
        run: [up(patient)],
      }),
    ];
  }
  switch (state) {
    case 'paused':
      return [
        finding('container-paused', {
          says: `${what} is paused${again}`,
          remedy: 'Let it go on',
          run: [order(patient, 'unpause')],
        }),
      ];
    case 'restarting':
      return [
        finding('container-restarting', {
          says: `${what} ends at each start (exit code ${exitCode})${again}${last}`,
          remedy: 'Bring back what was deployed; where the stack file is why, correct what these words name before',
          run: [up(patient)],
        }),
      ];
    case 'stopped':
      return [
        finding('container-stopped', {
          says:
            startError === undefined
              ? `${what} has stopped (exit code ${exitCode})${again}${exitCode === 0 ? '' : last}`
              : `Docker could not start the container ${patient.container} (${startError})${again}`,
          remedy: startError === undefined ? 'Start it' : 'Mend what the brackets name, and start it',
          run: [order(patient, 'start')],
        }),
      ];
    case 'running':
      return seen.complaint === undefined
        ? []
        : [
            finding('unhealthy', {
              says: `${what} runs and does not serve: ${seen.complaint}`,
              remedy: 'Look at its log, then start it anew; everybody is away for a second',
              run: [`npm run log -- ${patient.stack} --since 1h`, order(patient, 'restart')],
            }),
          ];
  }
}
