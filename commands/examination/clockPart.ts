/** The clock of this machine, that of the engine's, and how long the broker has run. */

import type Docker from 'dockerode';
import { clockProblems } from '../../certificates/clock';
import { clockMoved } from '../../change/decide';
import { recordsIn } from '../../change/records';
import { type Finding, finding } from '../../doctor/finding';
import { isService } from '../../mosquitto/serviceAddress';
import { clockMark } from '../../operate/clock';
import { clockProblem } from '../../operate/clocks';
import type { DockerAddress } from '../../operate/dockerAddress';
import type { Look } from '../../operate/look';
import type { Known } from '../stack/known';
import { termsOf } from './terms';

export async function clockPart(
  address: DockerAddress,
  container: Docker.Container,
  seen: Look | undefined,
  known: Known,
): Promise<Finding[]> {
  const apart = isService(address.host) ? undefined : await clockProblem(address);
  const mark = await clockMark(container);
  const moved = seen === undefined ? undefined : clockMoved(recordsIn(seen.files), mark);
  const problems = clockProblems(termsOf(known), moved, Date.now());
  return [
    ...(apart === undefined ? [] : [clockFinding(apart)]),
    ...problems.map(({ says, remedy }) => clockFinding(`${says}; ${remedy}`)),
  ];
}

function clockFinding(words: string): Finding {
  const [says = words, ...remedies] = words.split('; ');
  return finding('clock-off', {
    says: `${says[0]?.toUpperCase()}${says.slice(1)}`,
    remedy: `${remedies.join('; ').replace(/^./, (first) => first.toUpperCase())}`,
    run: ['date --utc', 'timedatectl set-ntp true'],
  });
}
