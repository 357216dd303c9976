/** Where the broker of a stack runs by its state, and where it is wanted. */

import { type BrokerPlace, isMove, staysBehind } from '../../change/move';
import { takeOverVariable } from '../../mosquitto/owner';
import { remoteMachine } from '../../operate/docker';
import { addressOf } from '../../operate/dockerAddress';
import { machineOf } from '../../operate/machine';
import { takeAway } from '../../operate/nftables';
import type { UnitOrder } from '../../operate/service/serviceOrder';
import { comeBack, type Former, formerVariable } from '../../operate/standBack';
import { say } from '../../setup/progress';
import { followDocker } from './dockerAddress';
import type { Stack } from './stack';
import { type StoredResource, stored } from './state';
import { brokerIn, brokerResourceIn, hasService } from './storedBroker';

export interface Move {
  from: BrokerPlace;
  to: BrokerPlace;
  former: Former;
}

/** Undefined where it stays, or was not deployed yet. */
export function moveOf({ settings }: Stack, resources: readonly StoredResource[]): Move | undefined {
  const resource = brokerResourceIn(resources);
  const broker = brokerIn(resources);
  if (resource === undefined || broker === undefined) return undefined;
  const kind = hasService(resources) ? 'service' : 'container';
  const host = kind === 'service' ? hostOfService(resource) : hostOfEngine(resources);
  if (host === undefined) return undefined;
  const from: BrokerPlace = { kind, machine: remoteMachine(host) };
  const to: BrokerPlace = { kind: settings.runtime, machine: remoteMachine(addressOf(undefined).host) };
  const { name } = broker.options;
  // By another name a service is another one, and they cannot have one port.
  const isRenamed = kind === 'service' && name !== settings.containerName;
  return isMove(from, to) || isRenamed ? { from, to, former: { host, name } } : undefined;
}

/**
 * Makes an update possible that moves a broker. Where both are on one machine, the one from before stands back in the moment
 * in which the new one begins; where a state has one Docker engine for both, it is made to name the new one.
 */
export async function prepare(stack: Stack, { from, to, former }: Move, resources: StoredResource[]): Promise<void> {
  const { engine, name, settings, file } = stack;
  if (staysBehind(from, to)) await followDocker(engine, name, resources, addressOf(undefined), file.folder);
  if (from.machine !== to.machine) return;
  engine.environment[formerVariable] = JSON.stringify(former);
  // In its new form it has another owner in the state, and what both have is to become that one's.
  engine.environment[takeOverVariable] = settings.containerName;
}

/** Where the new one does not come to stand, the one from before runs again. */
export async function withFormer<T>({ from, to, former }: Move, update: () => Promise<T>): Promise<T> {
  try {
    const result = await update();
    // Its table knows nothing of machines, so the engine has changed the one of the new machine.
    if (from.machine !== to.machine && !staysBehind(from, to)) await takeAway(machineOf(former.host), former.name);
    return result;
  } catch (error) {
    if (from.machine === to.machine && (await comeBack(former))) {
      say(`The update has failed; the ${from.kind} ${former.name} from before runs again`);
    }
    throw error;
  }
}

function hostOfService(resource: StoredResource): string {
  return (JSON.parse(String(resource.inputs?.stdin)) as UnitOrder).host;
}

function hostOfEngine(resources: readonly StoredResource[]): string | undefined {
  const { host } = stored(resources, 'pulumi:providers:docker', 'engine')?.inputs ?? {};
  return typeof host === 'string' && host !== '' ? host : undefined;
}
