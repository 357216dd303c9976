import type * as docker from '@pulumi/docker';
import type * as pulumi from '@pulumi/pulumi';
import { publishedAddresses } from '../../mosquitto/listeners';
import { containerLabels, type Owner } from '../../mosquitto/owner';
import { restartDigest } from '../../mosquitto/render';
import { exporterDigest } from '../../operate/exporterProgram';
import { mustAnswer } from '../../operate/reach';
import { isTakenOver } from '../../operate/takenOver';
import { Broker } from '../broker';
import { dockerProvider } from '../engine';
import { Network } from '../network';
import { known, ownerOf } from '../owner';
import type { BrokerSettings } from '../settings';
import { Storage } from '../storage';
import type { Place, PlacedBroker } from './place';

/** All that is said of a broker but its keys. */
type DockerSettings = Omit<BrokerSettings, 'certificates'>;

/** A Docker engine as the place of a broker. What asks the engine is loaded while resources are already made. */
export class DockerPlace implements Place {
  readonly owner: pulumi.Output<Owner>;
  readonly storage: Storage;
  readonly image: pulumi.Output<string>;
  readonly configurationVolume: pulumi.Output<string>;
  private readonly provider: docker.Provider;

  constructor(
    private readonly parent: pulumi.Resource,
    private readonly name: string,
    private readonly settings: DockerSettings,
  ) {
    this.provider = dockerProvider(`${name}-engine`, settings.dockerHost, mustAnswer, { parent });
    this.owner = ownerOf(this.provider);
    this.storage = this.makeStorage();
    this.image = this.storage.imageId;
    this.configurationVolume = this.storage.configurationVolume;
  }

  broker(delivered: pulumi.Resource, opened: readonly pulumi.Resource[]): PlacedBroker {
    const { owner, storage, settings } = this;
    const { containerName, network, listeners, limits, logging } = settings;
    const networks = this.makeNetwork(delivered);
    const resource = new Broker(
      `${this.name}-broker`,
      {
        containerName,
        network,
        networks,
        listeners,
        limits,
        logging,
        image: storage.imageId,
        configurationVolume: storage.configurationVolume,
        dataVolume: storage.dataVolume,
        labels: owner.apply(async (whose) => {
          const { presentLabels } = await import('../../operate/presentLabels');
          return containerLabels(restartDigest(settings), whose, await presentLabels(this.address));
        }),
        clear: async () => {
          const { clear } = await import('../../operate/availability');
          await clear({ ...this.address, owner: await known(owner), ports: publishedAddresses(listeners) });
        },
      },
      { ...this.options, dependsOn: [delivered, ...opened] },
    );
    const companion = async (name: string) => ({
      dockerHost: settings.dockerHost,
      broker: containerName,
      name,
      owner: await known(owner),
    });
    const surroundings = {
      network: networks.own,
      dataVolume: storage.dataVolume,
      providers: [this.provider],
      exporterProgram: exporterDigest,
      clear: async (name: string) => {
        const { clearCompanion } = await import('../../operate/companion');
        await clearCompanion(await companion(name));
      },
      claimVolume: async (name: string, container: string) => {
        const { claimVolume } = await import('../../operate/companion');
        await claimVolume({ ...(await companion(name)), container });
      },
      clearNetwork: async (name: string) => {
        const { clearNetwork } = await import('../../operate/companion');
        await clearNetwork(await companion(name));
      },
    };
    return { resource, id: resource.containerId, surroundings };
  }

  private makeStorage(): Storage {
    const { containerName, image, retainDataOnDestroy } = this.settings;
    const claim = async () => {
      const { claim } = await import('../../operate/availability');
      await claim({ ...this.address, owner: await known(this.owner), image });
    };
    const args = { containerName, image, retainDataOnDestroy, owner: this.owner, claim };
    return new Storage(`${this.name}-storage`, args, this.options);
  }

  private makeNetwork(delivered: pulumi.Resource): Network {
    const { containerName, network } = this.settings;
    const clear = async (name: string) => {
      const { clearNetwork } = await import('../../operate/networks');
      await clearNetwork({ ...this.address, owner: await known(this.owner), network: name });
    };
    return new Network(
      `${this.name}-network`,
      { containerName, network, owner: this.owner, clear },
      // One that is taken over serves its clients until the files are delivered.
      { ...this.options, dependsOn: isTakenOver(containerName) ? [delivered] : [] },
    );
  }

  private get address() {
    return { dockerHost: this.settings.dockerHost, container: this.settings.containerName };
  }

  private get options(): pulumi.ComponentResourceOptions {
    return { parent: this.parent, providers: [this.provider] };
  }
}
