/** Brings the broker to what the stack file says, whatever has become of it, and proves it. */

import type { CheckResult, VerificationResult } from '../mosquitto/result';
import { dockerEngine } from '../operate/docker';
import { mend } from '../operate/mend';
import { say } from '../setup/progress';
import { sayChanges } from './announcement';
import { due } from './certificates';
import type { Options } from './options';
import { withWayBack } from './stack/former';
import { proveNow, proveUntouched } from './stack/proof';
import { ready } from './stack/readiness';
import { publishedRoot, withoutProtection } from './stack/rootSecret';
import { deployableStack, deployedOutputs, mendingWords, operate } from './stack/stack';
import { allPassed, checkTable, pairs } from './table';

/** Makes `up` do nothing as long as no certificate asks for it. */
const onlyIfDue = '--only-if-due';

export async function up(name: string, { rest: words }: Options): Promise<number> {
  const rest = words.filter((word) => word !== onlyIfDue);
  const stack = await deployableStack(name);
  const readiness = await ready(stack, true);
  const { resources, drift } = readiness;
  if (words.includes(onlyIfDue)) {
    const reasons = await due(stack, drift);
    if (reasons.length === 0) return 0;
    say(['An update is due:', ...reasons].join('\n  '));
  }
  const root = publishedRoot(resources);
  await sayChanges(stack, readiness);
  await mend(dockerEngine(null), stack.settings.containerName, drift);
  const started = new Date().toISOString();
  const args = [...mendingWords(drift, resources), '--yes', '--skip-preview', '--suppress-outputs', ...rest];
  const update = () => withoutProtection(stack.engine, name, root, () => operate(stack, 'up', args));
  await withWayBack(stack, readiness, update);
  const values = await deployedOutputs(stack);
  const { time, interruption } = values.verification as VerificationResult;
  // An update that changes nothing proves nothing, and a proof of another time says nothing of now.
  const isOfNow = time >= started;
  const checks = isOfNow
    ? [await proveUntouched(stack), ...(values.checks as CheckResult[])]
    : await proveNow(stack, values.delivery);
  say(`\n${checkTable(checks)} at ${isOfNow ? time : new Date().toISOString()}`);
  if (isOfNow && interruption !== null) {
    say(`The broker was replaced; nobody could connect for ${interruption.milliseconds} ms`);
  }
  say(`\n${pairs(values.endpoints as Record<string, string>)}`);
  return allPassed(checks) ? 0 : 1;
}
