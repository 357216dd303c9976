import type * as pulumi from '@pulumi/pulumi';
import type { Owner } from '../../mosquitto/owner';

/**
 * Where a broker runs, and what is made for it there: the volumes first, then, once the files are in them, the broker.
 * Everything else of a broker is the same wherever that is.
 */
export interface Place {
  /** Whose the broker is. */
  readonly owner: pulumi.Output<Owner>;
  /** There before anything is delivered. Whose the place is has been looked at then. */
  readonly storage: pulumi.Resource;
  /** Id of the image that the files are rehearsed in. */
  readonly image: pulumi.Output<string>;
  /** Where the files go to. */
  readonly configurationVolume: pulumi.Output<string>;

  /**
   * Makes the broker.
   *
   * @param delivered the run that has put its files in place
   * @param opened what lets its clients through; none without a firewall
   */
  broker(delivered: pulumi.Resource, opened: readonly pulumi.Resource[]): PlacedBroker;
}

/** What containers beside a broker have to do with. */
export interface Surroundings {
  /** Name of the network that the broker publishes its ports from. */
  network: pulumi.Output<string>;
  dataVolume: pulumi.Output<string>;
  providers: pulumi.ProviderResource[];
  /** Digest of the program of an exporter. */
  exporterProgram(): string;
  /** Makes room for a container beside the broker. */
  clear(name: string): Promise<void>;
  /** Refuses a volume that is somebody else's; `container` is the one that it belongs to. */
  claimVolume(name: string, container: string): Promise<void>;
  /** Makes room for a network beside those of the broker. */
  clearNetwork(name: string): Promise<void>;
}

export interface PlacedBroker {
  readonly resource: pulumi.Resource;
  /** Of a broker in a container, what an exporter beside it is made with. */
  readonly surroundings?: Surroundings;
  /** Another one after each replacement. */
  readonly id: pulumi.Output<string>;
}
