/** A proof that is told on by an exporter. */

import type { CheckResult } from '../../mosquitto/result';
import { recordProof } from '../../operate/exporterRecords';
import { say } from '../../setup/progress';
import type { Stack } from './stack';

/** Leaves it with the exporter of a stack, if it has one. A proof counts, whether it can be told on or not. */
export async function leaveProof({ settings }: Stack, checks: readonly CheckResult[]): Promise<void> {
  if (!settings.monitoring.enabled) return;
  await recordProof(null, settings.containerName, checks).catch((error: Error) =>
    say(`The exporter cannot be told of this proof (${error.message})`),
  );
}
