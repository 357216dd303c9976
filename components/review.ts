import * as pulumi from '@pulumi/pulumi';
import { recordText } from '../review/record';
import type { ReviewedSettings } from '../settings';
import { sideOf } from '../settings/side';

/** In the environment of a program whose caller has said already what the change means. */
const saidVariable = 'AIPI_REVIEWED';

/** The engine's own function that reads from its state what the resources of a stack have put out. */
const readOutputs = 'pulumi:pulumi:readStackResourceOutputs';

/**
 * What the next review compares with. Nothing of private keys is in it.
 *
 * @param isSecret whether any of it comes from where it was encrypted
 */
export function recordFor(settings: ReviewedSettings, isSecret: boolean): pulumi.Input<string> {
  const record = recordText(sideOf(settings));
  return isSecret ? pulumi.secret(record) : record;
}

/**
 * Says what a change means for clients, devices and accounts, once, as a diagnostic of the broker: compared with what the
 * state says of the last deployment. Nothing is said where nothing changes, or of a first deployment.
 *
 * @param name of the broker
 */
export async function sayReview(broker: pulumi.Resource, name: string, settings: ReviewedSettings): Promise<void> {
  if (process.env[saidVariable] !== undefined) return;
  await review(broker, name, settings).catch((error: Error) =>
    pulumi.log.warn(`What this change means cannot be said: ${error.message}`, broker),
  );
}

async function review(broker: pulumi.Resource, name: string, settings: ReviewedSettings): Promise<void> {
  const [outputs, { lastReview }] = await Promise.all([lastOutputs(name), import('./lastReview')]);
  const { lines, isGrave } = lastReview(settings, pulumi.getStack(), outputs, Date.now());
  if (lines.length === 0) return;
  const say = isGrave ? pulumi.log.warn : pulumi.log.info;
  // Whichever of several it is.
  await say(lines.join('\n'), broker);
}

/** What the verification and the stack have put out; nothing where the backend cannot be asked. */
async function lastOutputs(broker: string): Promise<Record<string, unknown>> {
  try {
    const stackName = `${pulumi.getOrganization()}/${pulumi.getProject()}/${pulumi.getStack()}`;
    const { outputs } = await pulumi.runtime.invoke(readOutputs, { stackName }, { async: true });
    return lastOf((outputs ?? {}) as Record<string, Stored>, broker);
  } catch {
    return {};
  }
}

/** What the engine tells of a resource. */
interface Stored {
  type: string;
  outputs?: Record<string, unknown>;
}

function lastOf(resources: Readonly<Record<string, Stored>>, broker: string): Record<string, unknown> {
  // Versions before had one broker in a stack, and no name in front.
  const names = [`${broker}-verification`, 'verification'];
  const all = Object.entries(resources);
  const proof = all.find(
    ([urn, { type }]) => type === 'aipi:index:Verification' && names.includes(urn.split('::').at(-1) ?? ''),
  );
  const { deployed } = proof?.[1].outputs ?? {};
  const whole = all.find(([urn, { type }]) => type === 'aipi:index:MqttBroker' && urn.endsWith(`::${broker}`));
  const stack = all.find(([, { type }]) => type === 'pulumi:pulumi:Stack');
  const { certificateTerms } = whole?.[1].outputs ?? stack?.[1].outputs ?? {};
  return { deployed, certificateTerms };
}
