/** What a list of devices holds. */

import type { Device } from '../device';

/** A device, and where it is written down. */
export interface ListedDevice extends Device {
  /** For a person, such as `devices.csv, line 4`. */
  place: string;
}

/** What a file holds. */
export interface DeviceList {
  /** The devices that are right by themselves, in the order of the file. An id may stand more than once. */
  entries: ListedDevice[];
  /** Everything else, each as `place: what is wrong; what to write`. There may be one for each line. */
  problems: string[];
}
