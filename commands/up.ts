/** Brings the broker to what the stack file says, whatever has become of it, and proves it. */

import type { Delivery } from '../fleet/delivery';
import type { BrokerFiles } from '../mosquitto/files';
import { openingsOf } from '../mosquitto/firewall';
import type { CheckResult, Interruption, Steadiness, VerificationResult } from '../mosquitto/result';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import { dockerEngine } from '../operate/docker';
import { mend } from '../operate/mend';
import { rehearseFiles } from '../operate/rehearsedAccess';
import { together } from '../operate/together';
import { say } from '../setup/progress';
import { standBy } from '../setup/supervision';
import { sayChanges } from './announcement';
import { due } from './certificates';
import type { Asked } from './options';
import { EarlyProof } from './stack/earlyProof';
import { sweepFirewall } from './stack/firewall';
import { moveOf, prepare, withFormer } from './stack/move';
import { mustHold, takeOver } from './stack/possession';
import { proveNow, proveRunning, proveUntouched } from './stack/proof';
import { type Readiness, ready } from './stack/readiness';
import { leaveProof } from './stack/recordedProof';
import { publishedRoot, withoutProtection } from './stack/rootSecret';
import { deployableStack, deployedOutputs, mendingWords, operate, type Stack } from './stack/stack';
import type { StoredResource } from './stack/state';
import { unitIn } from './stack/storedBroker';
import type { Outputs } from './stack/told';
import { updateProblems } from './stack/updateProblems';
import { withWayBack } from './stack/wayBack';
import { allPassed, pairs, proofWords } from './table';

/** What `--json` prints. */
interface UpReport {
  /** Whether there was anything to do; with `--only-if-due` there may not be, and then nothing was proved. */
  due: boolean;
  /** When the proof ended, ISO 8601; null without one. */
  time: string | null;
  checks: CheckResult[];
  /** Listener to URL. */
  endpoints: Record<string, string>;
  /** How long nobody could connect; null where the broker was not replaced. */
  interruption: Interruption | null;
  /** What connected clients noticed of a reload; null where there was none. */
  steadiness: Steadiness | null;
}

const nothingDue: UpReport = {
  due: false,
  time: null,
  checks: [],
  endpoints: {},
  interruption: null,
  steadiness: null,
};

export async function up({ stack: name, words, once, options }: Asked): Promise<number> {
  const { onlyIfDue, json = false, checks: all = false } = options;
  const output = json ? 'aside' : 'shown';
  standBy(output);
  const stack = await deployableStack(name, once);
  const found = await ready(stack, true);
  if (!options.takeOver) mustHold(stack, found);
  const readiness = takeOver(stack, found);
  const { resources, drift } = readiness;
  const forbidden = await updateProblems(stack, resources);
  if (forbidden.length > 0) throw new Error(`${forbidden.join('\n')}; nothing was changed`);
  if (onlyIfDue) {
    const reasons = await due(stack, drift);
    if (reasons.length === 0) {
      if (json) print(nothingDue);
      return 0;
    }
    say(['An update is due:', ...reasons].join('\n  '));
  }
  const root = publishedRoot(resources);
  const changes = await sayChanges(stack, readiness);
  const move = moveOf(stack, resources);
  if (move !== undefined) await prepare(stack, move, resources);
  else await mend(dockerEngine(null), stack.settings.containerName, drift, unitIn(resources));
  const started = new Date().toISOString();
  const args = [...mendingWords(drift, resources), '--yes', '--skip-preview', '--suppress-outputs', ...words];
  const early = changes ? undefined : earlyProof(stack, readiness);
  let isProved = false;
  const heard = ({ delivery, verification }: Outputs) => {
    isProved ||= verification !== undefined;
    const { plan } = delivery as Delivery;
    early?.rehearse(plan);
    if (verification !== undefined && !isOfThisUpdate(verification, started)) early?.prove(plan);
  };
  const update = () => withoutProtection(stack.engine, name, root, () => operate(stack, 'up', args, output, heard));
  const report = await withWayBack(
    stack,
    readiness,
    move === undefined ? update : () => withFormer(move, update, () => isProved),
  )
    .then(() => together([leaveNoFirewall(stack, resources, options.takeOver === true), proof(stack, started, early)]))
    .then(([, proved]) => proved)
    .finally(() => early?.end());
  const { checks, interruption, endpoints } = report;
  await leaveProof(stack, checks);
  say(`\n${proofWords(checks, { all, interruption })}`);
  say(pairs(endpoints));
  if (json) print(report);
  return allPassed(checks) ? 0 : 1;
}

/** One that an earlier update has left, or the one from whom the broker was taken over, is known to no state. */
async function leaveNoFirewall(stack: Stack, resources: StoredResource[], isTaken: boolean): Promise<void> {
  const { listeners, firewall } = stack.settings;
  if (openingsOf(listeners, firewall).length === 0) await sweepFirewall(stack, resources, isTaken);
}

/** Where nothing seems to change, the proof will be one of the files that are there. */
function earlyProof(stack: Stack, { container, files, resources }: Readiness): EarlyProof | undefined {
  if (container === undefined || Object.keys(files).length === 0) return undefined;
  const { image } = container.options;
  const rehearse = (read: BrokerFiles, plan: Promise<VerificationPlan>) =>
    rehearseFiles(dockerEngine(null), image, read, plan);
  return new EarlyProof(files, rehearse, (plan) => proveRunning(stack, resources, plan));
}

function isOfThisUpdate(verification: unknown, started: string): boolean {
  return (verification as VerificationResult).time >= started;
}

/**
 * The proof of now: that of the update, where it ran one, else one of its own. An update that changes nothing proves
 * nothing, and a proof of another time says nothing of now.
 *
 * @param started when the update began, ISO 8601
 */
async function proof(stack: Stack, started: string, early?: EarlyProof): Promise<UpReport> {
  const values = await deployedOutputs(stack);
  const { verification } = values;
  const { time, interruption, steadiness } = verification as VerificationResult;
  const endpoints = values.endpoints as Record<string, string>;
  if (isOfThisUpdate(verification, started)) {
    const checks = [await proveUntouched(stack), ...(values.checks as CheckResult[])];
    return { due: true, time, checks, endpoints, interruption, steadiness };
  }
  const checks = await proveNow(stack, values.delivery, early);
  return { due: true, time: new Date().toISOString(), checks, endpoints, interruption: null, steadiness: null };
}

function print(report: UpReport): void {
  process.stdout.write(`${JSON.stringify(report)}\n`);
}
