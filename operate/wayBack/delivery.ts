/** Taking a delivery back whose files a running broker took over, where the proof of them has failed. */

import type { DeliveryReport } from '../../fleet/delivery';
import { configurationMount } from '../../mosquitto/files';
import type { BrokerHandle } from '../broker';
import { deployedFiles, deployedPlace } from '../deployed';
import { dockerEngine, inspect } from '../docker';
import { engineStart } from '../engine';
import { rehearse } from '../rehearsal';
import { comeBack, provedFiles } from './files';

/**
 * Goes back to the files from before, with another container of the same image, because the broker's own cannot write
 * them.
 *
 * A broker that was started since is not of the delivery alone, and a delivery of an earlier run was proved then: both
 * are left as they are.
 *
 * @returns what is true of the broker now, in words; undefined where nothing was done
 */
export async function undo(broker: BrokerHandle, report: DeliveryReport): Promise<string | undefined> {
  const { action, previous, folder, time } = report;
  const began = engineStart();
  if (action !== 'reloaded' || !previous || previous === folder) return undefined;
  if (began === undefined || Date.parse(time) < began) return undefined;
  const info = await inspect(broker.container);
  const volume = info?.Mounts.find(({ Destination }) => Destination === configurationMount)?.Name;
  if (info === undefined || volume === undefined || Date.parse(info.State.StartedAt) > Date.parse(time))
    return undefined;
  const after = await deployedFiles(broker.container);
  if (after.folder !== folder) return undefined;
  const proved = await provedFiles(broker.container, deployedPlace, { ...after, unfinished: previous });
  if (proved === undefined) return 'the new files stay in force, because somebody has changed those from before';
  const rehearsal = { image: info.Image, volume, prepare: async () => proved, folders: () => [proved] };
  return rehearse(dockerEngine(broker.plan.dockerHost), rehearsal, (writer) =>
    comeBack(broker, writer, proved, after.files),
  );
}
