/** What a program is told of a broker's firewall. */

import type { Firewall } from '../mosquitto/firewall';

/** What is wanted of a broker's firewall. Nothing of it is secret. */
export interface FirewallOrder extends Firewall {
  /** Docker engine of the broker; null for that of this machine. */
  dockerHost: string | null;
  /** The most connected clients that may be kept from coming back. */
  maxCutOffClients: number;
}
