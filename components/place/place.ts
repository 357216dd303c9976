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

export interface PlacedBroker {
  readonly resource: pulumi.Resource;
  /** Another one after each replacement. */
  readonly id: pulumi.Output<string>;
}
