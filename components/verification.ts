import * as pulumi from '@pulumi/pulumi';
import type { CheckResult, VerificationPlan, VerificationResult } from '../mosquitto/plan';
import { program } from './program';

export interface VerificationArgs {
  plan: pulumi.Output<VerificationPlan>;
  /** Id of the container: a new container is verified even where the plan is the same. */
  containerId: pulumi.Input<string>;
  /** Report of the delivery; what its rehearsal proved belongs to the result. */
  deliveryReport: pulumi.Input<string>;
}

/**
 * The proof by real MQTT that the broker does what the configuration says. If one check fails, the update fails.
 *
 * ```
 * aipi:Verification
 * └─ command.local.Command   <name>-run   runs operate/verify.ts
 * ```
 */
export class Verification extends pulumi.ComponentResource {
  /** When the broker was last proved, how many checks passed, and of how many. */
  readonly summary: pulumi.Output<{ time: string; passed: number; of: number }>;
  /** Each check with what was seen. Secret only so that an update does not print all of them. */
  readonly checks: pulumi.Output<CheckResult[]>;

  constructor(name: string, args: VerificationArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Verification', name, {}, options);
    const run = program(this, `${name}-run`, 'operate/verify.ts', {
      plan: args.plan,
      containerId: args.containerId,
      deliveryReport: args.deliveryReport,
    });
    const result = pulumi.unsecret(run.stdout).apply((json) => JSON.parse(json) as VerificationResult);
    this.summary = result.apply(({ time, passed, checks }) => ({ time, passed, of: checks.length }));
    this.checks = pulumi.secret(result.apply(({ checks }) => checks));
    this.registerOutputs({});
  }
}
