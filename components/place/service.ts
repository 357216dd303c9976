import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';
import { publishedAddresses } from '../../mosquitto/listeners';
import { containerLabels, type Owner } from '../../mosquitto/owner';
import { restartDigest } from '../../mosquitto/render';
import { serviceOptions } from '../../mosquitto/unit';
import type { Installation } from '../../operate/service/serviceOrder';
import { ownerOf } from '../owner';
import { programWords } from '../program';
import type { BrokerSettings } from '../settings';
import type { Place, PlacedBroker } from './place';

/** All that is said of a broker but its keys. */
type ServiceSettings = Omit<BrokerSettings, 'certificates'>;

/**
 * A machine with systemd and without Docker as the place of a broker.
 *
 * ```
 * ├─ command.local.Command   <name>-installation   Mosquitto from the packages of the machine, and folders in place of volumes
 * └─ command.local.Command   <name>-service        the unit that runs it
 * ```
 */
export class ServicePlace implements Place {
  readonly owner: pulumi.Output<Owner>;
  readonly storage: pulumi.CustomResource;
  readonly image: pulumi.Output<string>;
  readonly configurationVolume: pulumi.Output<string>;

  constructor(
    private readonly parent: pulumi.Resource,
    private readonly name: string,
    private readonly settings: ServiceSettings,
  ) {
    const installation = this.makeInstallation();
    const installed = installation.stdout.apply((answer) => JSON.parse(answer) as Installation);
    this.storage = installation;
    this.owner = ownerOf(installation);
    this.image = installed.image;
    this.configurationVolume = installed.configurationVolume;
  }

  broker(delivered: pulumi.Resource, opened: readonly pulumi.Resource[]): PlacedBroker {
    const { settings, owner, image } = this;
    const record = pulumi.all([owner, image]).apply(async ([whose, release]) => {
      const { presentLabels } = await import('../../operate/presentLabels');
      const present = await presentLabels({ dockerHost: settings.dockerHost, container: settings.containerName });
      const labels = containerLabels(restartDigest(settings), whose, present);
      return { owner: whose, labels, options: serviceOptions(settings, release) };
    });
    const resource = this.step('service', 'unit', ['put', 'remove'], record, { dependsOn: [delivered, ...opened] });
    return { resource, id: resource.stdout.apply((answer) => (JSON.parse(answer) as { id: string }).id) };
  }

  private makeInstallation(): command.local.Command {
    const { containerName: container, retainDataOnDestroy, release, dockerHost, listeners } = this.settings;
    const order = { container, retainDataOnDestroy, mosquittoVersion: release?.version };
    const vacancy = new pulumi.ResourceHook(`${this.name}-vacancy`, async () => {
      const { mustBeVacant } = await import('../../operate/service/vacancy');
      await mustBeVacant(dockerHost ?? null, container, publishedAddresses(listeners));
    });
    return this.step('installation', 'install', ['install', 'remove'], order, { hooks: { beforeCreate: [vacancy] } });
  }

  /** Nothing of it is secret, and a reviewer sees it change. */
  private step(
    role: string,
    program: string,
    [make, remove]: readonly [string, string],
    order: pulumi.Input<object>,
    options?: pulumi.CustomResourceOptions,
  ): command.local.Command {
    const host = this.settings.dockerHost;
    const words = programWords(`operate/service/${program}`);
    return new command.local.Command(
      `${this.name}-${role}`,
      {
        create: `${words} ${make}`,
        delete: `${words} ${remove}`,
        stdin: pulumi.jsonStringify(pulumi.output(order).apply((own) => ({ host, ...own }))),
        // On another machine, or by another name, it is another one.
        triggers: [host, this.settings.containerName],
        logging: 'none',
        addPreviousOutputInEnv: false,
      },
      { parent: this.parent, ...options },
    );
  }
}
