/** Whose the broker is that a delivery is for: looked at before anything, and written down with the files. */

import type Docker from 'dockerode';
import { mustBeOurs } from '../change/owner';
import { isOfAnotherState } from '../change/staying';
import type { Delivery } from '../fleet/delivery';
import { deployments, fileNames } from '../mosquitto/files';
import type { OwnerRecord } from '../mosquitto/owner';
import { deployedFile } from './deployed';
import { recordAt, whoever, writeRecord } from './ownerRecord';
import { isTakenOver } from './takenOver';

export class Possession {
  private record: OwnerRecord | undefined;
  private isOurs = true;

  constructor(private readonly delivery: Pick<Delivery, 'owner' | 'plan'>) {}

  /**
   * Looks.
   *
   * @param place where the container sees the volume
   * @throws Error where the broker is somebody else's, and is not taken over
   */
  async look(container: Docker.Container, place: string): Promise<void> {
    const { owner, plan } = this.delivery;
    this.record = await recordAt(container, place);
    this.isOurs = this.record === undefined ? await this.madeFiles(container, place) : this.record.id === owner.id;
    if (this.isOurs || isTakenOver(plan.container)) return;
    mustBeOurs(plan.container, { owner: this.record, by: this.record?.by ?? '', what: 'broker' }, owner.stack);
  }

  /** Whether the deployed files, if any, are of this stack: those of another one tell nothing of it. */
  get areFilesOurs(): boolean {
    return this.isOurs;
  }

  /** Writes down whose the broker is, once the files are in place. */
  async take(container: Docker.Container, place: string): Promise<void> {
    const { owner } = this.delivery;
    if (this.record?.id !== owner.id) await writeRecord(container, place, { ...owner, by: whoever() });
  }

  /** An earlier version has written nothing down, but passwords that only its own state knows. */
  private async madeFiles(container: Docker.Container, place: string): Promise<boolean> {
    const passwords = await deployedFile(container, fileNames.passwords, `${place}/${deployments}/current`);
    return !isOfAnotherState(passwords, this.delivery.plan.users);
  }
}
