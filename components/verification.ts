import * as pulumi from '@pulumi/pulumi';
import type { FirewallInForce } from '../mosquitto/firewall';
import type { CheckResult, VerificationResult } from '../mosquitto/result';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import { program } from './program';

export interface VerificationArgs {
  plan: pulumi.Output<VerificationPlan>;
  /** Id of the container: a new container is verified even where the plan is the same. */
  containerId: pulumi.Input<string>;
  /** What is to be found in force; undefined without a firewall. */
  firewall: pulumi.Output<FirewallInForce> | undefined;
  /** Report of the delivery; what its rehearsal proved belongs to the result. */
  deliveryReport: pulumi.Input<string>;
  /** What the stack file said, for the next review to compare with; see review/record.ts. */
  record: pulumi.Input<string>;
}

/** A `VerificationResult` with the number of its checks in their place. */
export type VerificationSummary = Omit<VerificationResult, 'checks'> & { of: number };

/**
 * The proof by real MQTT that the broker does what the configuration says. If one check fails, the update fails.
 *
 * ```
 * aipi:Verification
 * └─ command.local.Command   <name>-run   runs operate/verify.ts   protected
 * ```
 *
 * Protected because everything leads to it, so that it is the first that a destruction takes: one that the protection of
 * the devices' root secret would end half way does not begin.
 */
export class Verification extends pulumi.ComponentResource {
  /** When the broker was last proved, by how many checks, and what clients noticed of the deployment. */
  readonly summary: pulumi.Output<VerificationSummary>;
  /** Each check with what was seen. Secret only so that an update does not print all of them. */
  readonly checks: pulumi.Output<CheckResult[]>;

  constructor(name: string, args: VerificationArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Verification', name, {}, options);
    const { firewall, plan, containerId, deliveryReport, record } = args;
    const input = { plan, containerId, deliveryReport, ...(firewall !== undefined && { firewall }) };
    const run = program(this, `${name}-run`, 'operate/verify', input, { protect: true });
    const result = pulumi.unsecret(run.stdout).apply((json) => JSON.parse(json) as VerificationResult);
    this.summary = result.apply(({ checks, ...summary }) => ({ ...summary, of: checks.length }));
    this.checks = pulumi.secret(result.apply(({ checks }) => checks));
    // Of what did not hold nothing is recorded. Outputs of the stack would show this long line each time.
    this.registerOutputs({ deployed: result.apply(() => record) });
  }
}
