import * as pulumi from '@pulumi/pulumi';
import type { Issued } from '../certificates/revocation';
import type { GivenTerm } from '../certificates/timely';
import type { Delivery, DeliveryReport, FleetOrder } from '../fleet/delivery';
import type { BrokerFiles } from '../mosquitto/files';
import type { Owner } from '../mosquitto/owner';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import type { AuthoritiesByKind } from './clientAuthorities';
import { program } from './program';

export interface ConfigurationArgs {
  /** Id of the image that the files are rehearsed in. */
  image: pulumi.Input<string>;
  /** Volume that the files go to. */
  volume: pulumi.Input<string>;
  /** Whose the broker is. */
  owner: pulumi.Output<Owner>;
  /** Digest of what only a restart applies: a container that carries another one is not signalled. */
  restartDigest: string;
  /** Every file that the broker reads, but those of the devices. */
  files: pulumi.Output<BrokerFiles>;
  /** What the files of the devices are made from; null where no listener is for devices. */
  fleet: pulumi.Output<FleetOrder | null>;
  /** Authorities whose certificates of clients are accepted. */
  authorities: pulumi.Output<AuthoritiesByKind>;
  /** Name and generation of each account. */
  accounts: Issued[];
  /** How long certificates from elsewhere last; none without TLS. */
  given: readonly GivenTerm[];
  maxUnreachedDevicesPercent: number;
  /** Who may do what, and where the broker is reached. */
  plan: pulumi.Output<VerificationPlan>;
}

/**
 * The broker's files: rehearsed, put in place, and taken over by a running broker without a restart where it can.
 *
 * ```
 * aipi:Configuration
 * └─ command.local.Command   <name>-delivery   runs operate/deliver.ts
 * ```
 */
export class Configuration extends pulumi.ComponentResource {
  /** What was delivered. Secret. */
  readonly delivery: pulumi.Output<Delivery>;
  /** The run of the delivery; a broker that depends on it starts on rehearsed files. */
  readonly delivered: pulumi.Resource;
  /** What the run did and proved, as `DeliveryReport` in JSON. */
  readonly report: pulumi.Output<string>;

  constructor(name: string, args: ConfigurationArgs, options?: pulumi.ComponentResourceOptions) {
    super('aipi:index:Configuration', name, {}, options);
    const parts = pulumi.all([
      args.image,
      args.volume,
      args.files,
      args.plan,
      args.fleet,
      args.authorities,
      args.owner,
    ]);
    this.delivery = parts.apply(
      ([image, volume, files, plan, fleet, authorities, owner]): Delivery => ({
        image,
        volume,
        owner,
        restartDigest: args.restartDigest,
        files,
        plan,
        fleet,
        authorities,
        accounts: args.accounts,
        given: args.given,
        maxUnreachedDevicesPercent: args.maxUnreachedDevicesPercent,
      }),
    );
    const run = program(this, `${name}-delivery`, 'operate/deliver', this.delivery);
    this.delivered = run;
    this.report = pulumi.unsecret(run.stdout).apply((json) => announced(json, this));
    this.registerOutputs({});
  }
}

const started = Date.now();

/** Says why the broker restarts, before it does. A report of an earlier run has been announced then. */
function announced(json: string, resource: pulumi.Resource): string {
  const { time, restart } = JSON.parse(json) as DeliveryReport;
  if (restart.length > 0 && Date.parse(time) >= started) {
    pulumi.log.warn(
      ['The broker restarts now and everybody is away for seconds, because only a restart applies:', ...restart].join(
        '\n  ',
      ),
      resource,
    );
  }
  return json;
}
