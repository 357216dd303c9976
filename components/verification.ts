import * as pulumi from '@pulumi/pulumi';
import type { VerificationPlan, VerificationResult } from '../mosquitto/plan';
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
  /** The last proof. */
  readonly result: pulumi.Output<VerificationResult>;

  constructor(name: string, args: VerificationArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Verification', name, {}, options);
    const run = program(this, `${name}-run`, 'operate/verify.ts', {
      plan: args.plan,
      containerId: args.containerId,
      deliveryReport: args.deliveryReport,
    });
    this.result = pulumi.unsecret(run.stdout).apply((json) => JSON.parse(json) as VerificationResult);
    this.registerOutputs({});
  }
}
