/**
 * Program: proves a broker by real MQTT.
 *
 * Standard input: `{ plan, deliveryReport, firewall }` as JSON. Standard output: a `VerificationResult` as JSON.
 * Exit 1 with the failed checks on standard error when one does not hold, and with what is in force then.
 */

import { text } from 'node:stream/consumers';
import type { DeliveryReport } from '../fleet/delivery';
import type { FirewallInForce } from '../mosquitto/firewall';
import type { CheckResult, VerificationResult } from '../mosquitto/result';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import { BrokerHandle } from './broker';
import { proveFirewall } from './checks/firewall';
import { proveRoom } from './checks/room';
import { engineStart } from './engine';
import { interruption } from './interruption';
import { proveLive } from './liveProof';
import { run } from './program';
import { ready } from './readiness';
import { rehearseDeployed } from './rehearsedAccess';
import { steady } from './steadiness';
import { together } from './together';
import { undo } from './wayBack/delivery';

run(async () => {
  const input = JSON.parse(await text(process.stdin)) as Input;
  const broker = BrokerHandle.running(input.plan);
  const report = JSON.parse(input.deliveryReport) as DeliveryReport;
  try {
    return JSON.stringify(await prove(broker, report, input.firewall));
  } catch (error) {
    const undone = error instanceof Lack ? undefined : await undo(broker, report);
    throw new Error([(error as Error).message, ...(undone === undefined ? [] : [undone])].join('\n'));
  }
});

interface Input {
  plan: VerificationPlan;
  deliveryReport: string;
  /** Undefined without a firewall. */
  firewall?: FirewallInForce;
}

/** The broker does what it should, and lacks room or a firewall: going back to the files from before would not mend that. */
class Lack extends Error {}

const inForce = 'what was delivered is in force; run up again';
const fullInForce = 'what was delivered is in force; free some room, then run up again';

async function prove(
  broker: BrokerHandle,
  report: DeliveryReport,
  firewall: FirewallInForce | undefined,
): Promise<VerificationResult> {
  // One that has taken the files over live has just been seen to serve.
  if (report.action !== 'reloaded') await ready(broker, broker.nearestDial());
  const [away, room, access, live, closed] = await together([
    interruption(broker, report),
    proveRoom(broker),
    rehearsed(broker, report),
    proveLive(broker, true),
    firewall === undefined ? Promise.resolve([]) : proveFirewall(firewall, broker.plan.dockerHost),
  ]);
  const others = [...access, ...live];
  const checks = [...room, ...closed, ...others];
  // A certificate that has run out is no reason to go back: what was there before has the same.
  const failed = checks.filter(({ ok, ofTime }) => !ok && ofTime !== true);
  if (failed.length > 0) {
    const lines = [
      `${failed.length} of ${checks.length} checks failed:`,
      ...failed.map(({ check, detail }) => `  ${check}: ${detail}`),
    ];
    const isOfBroker = others.some(({ ok, ofTime }) => !ok && ofTime !== true);
    if (!isOfBroker) throw new Lack([...lines, room.every(({ ok }) => ok) ? inForce : fullInForce].join('\n'));
    throw new Error(lines.join('\n'));
  }
  return {
    time: new Date().toISOString(),
    delivered: report.folder,
    passed: checks.filter(({ ok, notTried }) => ok && notTried !== true).length,
    checks,
    steadiness: report.steadiness,
    interruption: away,
  };
}

/** What the delivery has proved; where it was that of an earlier run, the same is proved of what is in force now. */
async function rehearsed(broker: BrokerHandle, { time, checks, steadiness }: DeliveryReport): Promise<CheckResult[]> {
  const began = engineStart();
  const isOfThisRun = began !== undefined && Date.parse(time) >= began;
  return isOfThisRun ? [...checks, ...steady(steadiness)] : rehearseDeployed(broker);
}
