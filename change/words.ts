/** What a decision means to people, before it is done. */

import type { FleetChange } from '../fleet/change';
import { problemWords } from '../mosquitto/problem';
import type { OptionChanges } from './container';
import type { Decision } from './decide';

const shown = 5;

/** One line for each thing that will happen, or that forbids it; none where nothing is deployed, or nothing changes. */
export function changeWords(
  { isFirst, problems, fleet, authorities, restart }: Decision,
  options: OptionChanges,
): string[] {
  if (isFirst) return [];
  if (problems.length > 0) return problems.map((problem) => `Will be refused: ${problemWords(problem)}`);
  return [
    ...fleetWords(fleet),
    ...authorities,
    ...optionWords({ ...options, restart: [...restart, ...options.restart, ...unapplied(restart, options)] }),
  ];
}

/** Where the text stays the same and the container does not fit it, an earlier version has changed it without a restart. */
function unapplied(restart: readonly string[], { isUnapplied }: OptionChanges): string[] {
  return restart.length === 0 && isUnapplied
    ? ['mosquitto.conf: options that were changed while the broker ran and may not be in force']
    : [];
}

function fleetWords(change: FleetChange | null): string[] {
  if (change === null) return [];
  const said: Array<[keyof FleetChange, string]> = [
    ['added', 'to be added'],
    ['revoked', 'to be revoked, and out at once'],
    ['rotated', 'to get a new password, and out until they have it'],
    ['reassigned', 'to get another role'],
  ];
  return said.flatMap(([kind, meaning]) => {
    const ids = change[kind];
    if (ids.length === 0) return [];
    const named = ids.slice(0, shown).join(', ') + (ids.length > shown ? ', …' : '');
    return [`${ids.length} ${ids.length === 1 ? 'device' : 'devices'} ${meaning}: ${named}`];
  });
}

/** What becomes of the container. */
export function optionWords({ restart, live }: Pick<OptionChanges, 'restart' | 'live'>): string[] {
  return [...restartWords(restart), ...live.map((line) => `The container gets another limit while it runs: ${line}`)];
}

function restartWords(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [
    'The broker restarts and everybody is away for seconds, because only a restart applies:',
    ...lines.map((line) => `  ${line}`),
  ];
}
