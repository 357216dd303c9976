/**
 * Program: proves a broker by real MQTT.
 *
 * Standard input: `{ plan, deliveryReport }` as JSON. Standard output: a `VerificationResult` as JSON.
 * Exit 1 with the failed checks on standard error when one does not hold.
 */

import { text } from 'node:stream/consumers';
import type { DeliveryReport } from '../fleet/delivery';
import type { VerificationPlan } from '../mosquitto/plan';
import type { CheckResult, Steadiness, VerificationResult } from '../mosquitto/result';
import { interruption } from './interruption';
import { run } from './program';
import { verify } from './verification';

run(async () => {
  const input = JSON.parse(await text(process.stdin)) as { plan: VerificationPlan; deliveryReport: string };
  const report = JSON.parse(input.deliveryReport) as DeliveryReport;
  const away = await interruption(input.plan, report);
  const checks = [...report.checks, ...steady(report.steadiness), ...(await verify(input.plan))];
  const failed = checks.filter(({ ok }) => !ok);
  if (failed.length > 0) {
    const lines = failed.map(({ check, detail }) => `  ${check}: ${detail}`);
    throw new Error([`${failed.length} of ${checks.length} checks failed:`, ...lines].join('\n'));
  }
  const result: VerificationResult = {
    time: new Date().toISOString(),
    delivered: report.folder,
    passed: checks.length,
    checks,
    steadiness: report.steadiness,
    interruption: away,
  };
  return JSON.stringify(result);
});

/** What clients noticed of the reload, as a claim. */
function steady(steadiness: Steadiness | null): CheckResult[] {
  if (steadiness === null) return [];
  const { clients, disconnects, acknowledged, lost, longestGapMilliseconds } = steadiness;
  return [
    {
      check: 'reload: nobody is disconnected and no acknowledged message is lost',
      ok: disconnects === 0 && lost === 0,
      detail:
        `${clients} clients, ${disconnects} disconnected; ${acknowledged} messages acknowledged, ${lost} lost; ` +
        `longest gap ${longestGapMilliseconds} ms`,
      ms: longestGapMilliseconds,
    },
  ];
}
