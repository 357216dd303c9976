/** What is not as it was deployed. */

import type { RestoredOptions } from '../change/drift';
import { type Finding, finding } from './finding';
import { dockerWords, type Patient, up } from './patient';

/** Words of what others have changed, a line each, by what they changed. */
export interface Changed {
  container: readonly string[];
  /** What the container is given back while it runs, where that is all that was changed of it. */
  restore: RestoredOptions | undefined;
  files: readonly string[];
  networks: readonly string[];
  firewall: readonly string[];
  /** Whether a delivery was cut off. */
  isUnfinished: boolean;
  /** Files and folders that the broker cannot read or write. */
  unreadable: readonly string[];
}

export function driftFindings(patient: Patient, changed: Changed): Finding[] {
  const { container, restore, files, networks, firewall, isUnfinished, unreadable } = changed;
  const mend = { remedy: 'Bring back what was deployed', run: [up(patient)] };
  return [
    ...(unreadable.length === 0
      ? []
      : [
          finding('file-unreadable', {
            of: unreadable,
            says: `The broker cannot read or write ${unreadable.join(', ')} on its volumes; it goes on as long as it does not read them again, and does not come back from a restart`,
            remedy: 'Deliver the files again, as those of the broker alone',
            run: [up(patient)],
          }),
        ]),
    ...(files.length === 0 ? [] : [finding('files-changed', { says: joined(files), ...mend })]),
    ...(container.length === 0
      ? []
      : [finding('container-changed', { says: joined(container), ...(restoring(patient, restore) ?? mend) })]),
    ...(networks.length === 0 ? [] : [finding('network-changed', { says: joined(networks), ...mend })]),
    ...(firewall.length === 0
      ? []
      : [finding('firewall-changed', { says: joined(firewall), remedy: 'Put it in force again', run: [up(patient)] })]),
    ...(isUnfinished
      ? [
          finding('delivery-unfinished', {
            says: 'An update was cut off while it delivered the files of the broker, and nobody has proved them',
            remedy: 'Let an update come to its end',
            run: [up(patient)],
          }),
        ]
      : []),
  ];
}

function restoring(patient: Patient, restore: RestoredOptions | undefined) {
  if (restore === undefined || patient.runtime === 'service') return undefined;
  const { memoryMebibytes: memory, memorySwapMebibytes: swap, restart } = restore;
  const options = `--memory ${memory}m --memory-swap ${swap}m --restart ${restart}`;
  return {
    remedy: 'Give it back what was deployed, while it runs',
    run: [dockerWords(patient, `update ${options} ${patient.container}`)],
  };
}

/** A line that ends in a colon goes on with the next one. */
function joined(lines: readonly string[]): string {
  return lines.reduce((text, line) => `${text}${text === '' ? '' : text.endsWith(':') ? ' ' : '; '}${line.trim()}`, '');
}
