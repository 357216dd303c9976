/**
 * What a run makes for itself on the engine: a label says so, and whose it is, so that what a killed run has left is taken
 * away by the next one, and what another run uses in this moment is not.
 */

import { createHash } from 'node:crypto';
import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type Docker from 'dockerode';
import { processStart } from './engine';

/** Its value names the process that uses it. */
export const temporaryLabel = 'aipi-mqtt.temporary';

/** Nothing that a run makes is used for so long, wherever that runs. */
const lifetimeSeconds = 600;

export type TemporaryLabels = Record<typeof temporaryLabel, string>;

/** Labels of everything that this process makes and takes away again. */
export function temporaryLabels(): TemporaryLabels {
  return { [temporaryLabel]: `${space()} ${process.pid} ${processStart(process.pid) ?? ''}` };
}

/** Where numbers of processes mean the same: a machine since it was started, or a container on it. */
function space(): string {
  const hash = createHash('sha256').update(hostname());
  for (const read of [() => readFileSync('/proc/sys/kernel/random/boot_id'), () => readlinkSync('/proc/self/ns/pid')]) {
    try {
      hash.update(read());
    } catch {
      // Away from Linux there is nothing to tell more by.
    }
  }
  return hash.digest('hex').slice(0, 12);
}

/**
 * Whether nobody uses something any more.
 *
 * @param label of it
 * @param madeAt in seconds
 * @param now in seconds
 */
export function isLeft(label: string, madeAt: number, now: number): boolean {
  const [where, pid = '', started = ''] = label.split(' ');
  if (now - madeAt > lifetimeSeconds) return true;
  return where === space() && started !== '' && String(processStart(Number(pid)) ?? '') !== started;
}

/** Takes away what runs that are no more have left, containers first: they hold volumes. */
export async function sweepLeft(docker: Docker): Promise<void> {
  const now = Date.now() / 1_000;
  const containers = await docker.listContainers({ all: true, filters: { label: [temporaryLabel] } });
  const left = containers.filter(({ Labels, Created }) => isLeft(Labels[temporaryLabel] ?? '', Created, now));
  await Promise.all(left.map(({ Id }) => docker.getContainer(Id).remove({ force: true, v: true }).catch(unlessGone)));
  const { Volumes } = await docker.listVolumes({ filters: { label: [temporaryLabel], dangling: ['true'] } });
  const volumes = ((Volumes ?? []) as Array<Docker.VolumeInspectInfo & { CreatedAt?: string }>).filter(
    ({ Labels, CreatedAt = '' }) => isLeft(Labels?.[temporaryLabel] ?? '', Date.parse(CreatedAt) / 1_000, now),
  );
  await Promise.all(volumes.map(({ Name }) => docker.getVolume(Name).remove().catch(unlessGone)));
}

/** What has ended is removed by the engine itself. */
export function unlessGone(error: { statusCode?: number }): void {
  if (error.statusCode !== 404 && error.statusCode !== 409) throw error;
}
