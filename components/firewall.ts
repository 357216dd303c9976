import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import type { FirewallInForce, FirewallReport, Opening } from '../mosquitto/firewall';

export interface FirewallArgs {
  /** Names the table, its files and its unit. */
  containerName: string;
  /** Docker networks of the broker. */
  networks: string[];
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
  readonly opened: pulumi.Resource;

  constructor(
    private readonly name: string,
    private readonly args: FirewallArgs,
    options?: pulumi.ComponentResourceOptions,
  ) {
    super('aipi:index:Firewall', name, {}, options);
    this.opened = this.step('opening', 'open', { remove: true });
    this.registerOutputs({});
  }

  /**
   * Puts exactly what is wanted in force, once the broker is there.
   *
   * @returns what is to be found in force then
   */
  settle(broker: pulumi.Resource): pulumi.Output<FirewallInForce> {
    const { containerName, networks, openings } = this.args;
    const { stdout } = this.step('table', 'settle', { dependsOn: [broker, this.opened] });
    return stdout.apply((json) => ({ containerName, networks, openings, ...(JSON.parse(json) as FirewallReport) }));
  }

  /** Nothing of it is secret, and a reviewer sees it change. */
  private step(
    name: string,
    step: string,
    { remove = false, ...options }: pulumi.CustomResourceOptions & { remove?: boolean },
  ): command.local.Command {
    const { dockerHost, ...order } = this.args;
    const program = 'exec node --require ./setup/typescript.cjs operate/firewall.ts';
    return new command.local.Command(
      `${this.name}-${name}`,
      {
        create: `${program} ${step}`,
        ...(remove && { delete: `${program} remove` }),
        stdin: JSON.stringify({ ...order, dockerHost: dockerHost ?? null }),
        logging: 'none',
        addPreviousOutputInEnv: false,
      },
      { parent: this, ...options },
    );
  }
}
