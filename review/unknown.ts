/** What only the machine of the broker, or the broker itself, can tell. */

import { isKnown } from '../change/unknown';
import { missing } from '../mosquitto/missing';
import { networksOf } from '../mosquitto/networks';
import { reachesOf } from './exposure';
import type { Side } from './side';

/** What of a change asks for more than two sides to compare. */
export interface Asking {
  /** How many devices are added. */
  added: number;
  /** Whether what devices have reported of their bundles counts. */
  asksReports: boolean;
  maxUnreachedDevicesPercent: number;
  maxCutOffClients: number;
}

/** A line for each thing; none of a first deployment. */
export function unknownFromAfar(before: Side | undefined, after: Side, asking: Asking): string[] {
  if (before === undefined) return [];
  const { added, asksReports, maxUnreachedDevicesPercent, maxCutOffClients } = asking;
  const { image, name } = after.container;
  const ports = missing(portsOf(after), portsOf(before));
  const left = missing(networksOf(modelOf(before)), networksOf(modelOf(after)));
  return [
    image.includes('@')
      ? 'what others have changed on the machine of the broker'
      : `what others have changed on the machine of the broker, and whether ${image} is another image there by now`,
    ...(isKnown(before.devices) ? [] : ['which devices were deployed: they are too many for the outputs of the stack']),
    ...(added === 0
      ? []
      : ['whether a device that is added was revoked before: then an update asks for a higher generation']),
    ...(asksReports
      ? [
          `whether each device has the bundle of the step before: an update asks the broker, and is refused where more than ${maxUnreachedDevicesPercent} % have not`,
        ]
      : []),
    ...(closes(before, after)
      ? [
          `who is connected from what is closed: an update counts them, and is refused where they are more than ${maxCutOffClients}`,
        ]
      : []),
    ...(ports.length === 0 ? [] : [`whether port ${ports.join(', ')} is free on the machine of the broker`]),
    ...(name === before.container.name ? [] : [`whether there is another broker of the name ${name}`]),
    ...(left.length === 0 ? [] : [`whether other containers are still in the network ${left.join(', ')}`]),
  ];
}

function portsOf({ listeners }: Side): string[] {
  return listeners.map(({ port }) => String(port));
}

function modelOf({ container, network }: Side) {
  return { containerName: container.name, network };
}

/** Whether anybody who could reach an address no longer can. */
function closes(before: Side, after: Side): boolean {
  const next = reachesOf(after);
  return reachesOf(before).some((old) => {
    const now = next.find(({ port, address }) => port === old.port && address === old.address);
    if (now === undefined || now.sources === 'everybody') return false;
    return old.sources === 'everybody' || missing(old.sources, now.sources).length > 0;
  });
}
