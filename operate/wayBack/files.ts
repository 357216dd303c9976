/** Going back to the files from before, where those that took their place do not hold. */

import type Docker from 'dockerode';
import { previousPlan } from '../../change/previous';
import { type BrokerFiles, folderName } from '../../mosquitto/files';
import type { BrokerHandle } from '../broker';
import { type DeployedFiles, folderFiles } from '../deployed';
import { proveLive } from '../liveProof';
import { swap } from '../rehearsal';
import { takeOver } from '../takeOver';

/** Files that a broker was proved on. */
export interface ProvedFiles {
  folder: string;
  files: BrokerFiles;
}

/**
 * The files that a broker was proved on last, as they lie on the volume; undefined where there are none, or somebody has
 * changed them since: such files are never gone back to.
 *
 * @param place where the container sees the deployed folders
 */
export async function provedFiles(
  container: Docker.Container,
  place: string,
  { folder, files, unfinished }: DeployedFiles,
): Promise<ProvedFiles | undefined> {
  const proved = unfinished ?? folder;
  if (proved === undefined || proved === '') return undefined;
  const found = proved === folder ? files : await folderFiles(container, `${place}/${proved}`);
  return folderName(found) === proved ? { folder: proved, files: found } : undefined;
}

/**
 * Puts files from before in force again, and proves that they are.
 *
 * @param writer container that may write the volume
 * @param after the files that did not hold
 * @returns what is true of the broker now, in words
 */
export async function comeBack(
  broker: BrokerHandle,
  writer: Docker.Container,
  { folder, files }: ProvedFiles,
  after: BrokerFiles,
): Promise<string> {
  const before = broker.by(previousPlan(broker.plan, files, after));
  try {
    await swap(writer, folder, folder);
  } catch (error) {
    return `the files from before cannot be put back (${(error as Error).message}); run up again`;
  }
  try {
    await takeOver(before);
    const checks = await proveLive(before);
    const failed = checks.filter(({ ok }) => !ok);
    const [first] = failed;
    if (first === undefined) return `the files from before are back, and ${checks.length} checks of them passed`;
    return (
      `the files from before are back, and ${failed.length} of ${checks.length} checks of them failed: ` +
      `${first.check}: ${first.detail}`
    );
  } catch (error) {
    return `the files from before are back, and cannot be proved: ${(error as Error).message}`;
  }
}
