/** What the programs of a service are told. None of it is secret. */

import type { Owner } from '../../mosquitto/owner';
import type { UnitRecord } from '../../mosquitto/unit';

/** Input of an installation. */
export interface InstallationOrder {
  /** Where the machine is; see `serviceAddress`. */
  host: string;
  /** Name of the broker. */
  container: string;
  /** Version of Mosquitto that the files are made for, or its beginning, such as `2.0`. */
  mosquittoVersion: string;
  retainDataOnDestroy: boolean;
}

/** Answer of an installation. */
export interface Installation {
  /** Package, version; in place of the id of an image. */
  image: string;
  configurationVolume: string;
  dataVolume: string;
}

/** Input of what makes the unit. */
export interface UnitOrder extends UnitRecord {
  host: string;
  owner: Owner;
}
