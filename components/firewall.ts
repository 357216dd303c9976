import { createHash } from 'node:crypto';
import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import type { FirewallInForce, FirewallReport, Opening } from '../mosquitto/firewall';
import type { Owner } from '../mosquitto/owner';
import { programWords } from './program';

export interface FirewallArgs {
  /** Names the table, its files and its unit. */
  containerName: string;
  /** Docker networks of the broker. */
  networks: string[];
  /** Whose the broker is. */
  owner: pulumi.Output<Owner>;
  openings: Opening[];
  dockerHost: string | undefined;
  maxCutOffClients: number;
}

/**
 * Who may reach the broker from other machines.
 *
 * ```
 * aipi:Firewall
 * ├─ command.local.Command   <name>-opening   before a port is published; takes the table away after the last one
 * └─ command.local.Command   <name>-table     once the broker has the ports that are wanted
 * ```
 */
export class Firewall extends pulumi.ComponentResource {
  /** A broker that depends on it is never open to whom it should be closed. */
  readonly opened: command.local.Command;

  constructor(
    private readonly name: string,
    private readonly args: FirewallArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('aipi:index:Firewall', name, {}, options);
    this.opened = this.step('opening', 'open', {}, { remove: true });
    this.registerOutputs({});
  }

  /**
   * Puts exactly what is wanted in force, once the broker is there.
   *
   * @returns what is to be found in force then
   */
  settle(broker: pulumi.Resource): pulumi.Output<FirewallInForce> {
    const { containerName, networks, openings, owner } = this.args;
    // Where an update was cut off in between, the next one opens something else, and this is to be done again.
    const opened = this.opened.stdout.apply((report) => createHash('sha256').update(report).digest('hex'));
    const { stdout } = this.step('table', 'settle', { opened }, { dependsOn: [broker, this.opened] });
    return pulumi.all([stdout, owner]).apply(([json, whose]) => ({
      containerName,
      owner: whose,
      networks,
      openings,
      ...(JSON.parse(json) as FirewallReport),
    }));
  }

  /** Nothing of it is secret, and a reviewer sees it change. */
  private step(
    name: string,
    step: string,
    more: Readonly<Record<string, pulumi.Input<string>>>,
    { remove = false, ...options }: pulumi.CustomResourceOptions & { remove?: boolean },
  ): command.local.Command {
    const { dockerHost, ...order } = this.args;
    const words = programWords('operate/firewall');
    return new command.local.Command(
      `${this.name}-${name}`,
      {
        create: `${words} ${step}`,
        // By another name it is another table, and that of before is taken away.
        ...(remove && { delete: `${words} remove`, triggers: [order.containerName] }),
        stdin: pulumi.jsonStringify({ ...order, dockerHost: dockerHost ?? null, ...more }),
        logging: 'none',
        addPreviousOutputInEnv: false,
      },
      { parent: this, ...options },
    );
  }
}
