/**
 * Program: proves a broker by real MQTT.
 *
 * Standard input: `{ plan, deliveryReport }` as JSON. Standard output: a `VerificationResult` as JSON.
 * Exit 1 with the failed checks on standard error when one does not hold.
 */

import { text } from 'node:stream/consumers';
import type { DeliveryReport } from '../mosquitto/delivery';
import type { VerificationPlan } from '../mosquitto/plan';
import { run } from './program';
import { resultOf, verify } from './verification';

run(async () => {
  const input = JSON.parse(await text(process.stdin)) as { plan: VerificationPlan; deliveryReport: string };
  const { rehearsal } = JSON.parse(input.deliveryReport) as DeliveryReport;
  const result = resultOf([...rehearsal, ...(await verify(input.plan))]);
  const failed = result.checks.filter(({ ok }) => !ok);
  if (failed.length > 0) {
    const lines = failed.map(({ check, detail }) => `  ${check}: ${detail}`);
    throw new Error([`${failed.length} of ${result.checks.length} checks failed:`, ...lines].join('\n'));
  }
  return JSON.stringify(result);
});
