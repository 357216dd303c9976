/** Where the broker of a stack runs by its state, and where it is wanted. */

import { type BrokerPlace, isMove, staysBehind } from '../../change/move';
import { takeOverVariable } from '../../mosquitto/owner';
import { remoteMachine } from '../../operate/docker';
import { addressOf } from '../../operate/dockerAddress';
import { machineOf } from '../../operate/machine';
import { takeAway } from '../../operate/nftables';
import { comeBack, type Former, formerVariable, takeTurn } from '../../operate/standBack';
import { say } from '../../setup/progress';
import { followDocker } from './dockerAddress';
import type { Stack } from './stack';
import { type StoredResource, stored } from './state';
import { unitOrderIn } from './storedBroker';
import { containerIn } from './storedContainer';

export interface Move {
  from: BrokerPlace;
  to: BrokerPlace;
  former: Former;
  /** The new one. */
  next: Former;
}

/** Undefined where it stays, or was not deployed yet. */
export function moveOf({ settings }: Stack, resources: readonly StoredResource[]): Move | undefined {
  // Of a move that was cut off a state has both, and the one that is not wanted is the one from before.
  const [deployed] = placesIn(resources).sort(
    (a, b) => Number(a.kind === settings.runtime) - Number(b.kind === settings.runtime),
  );
  if (deployed === undefined) return undefined;
  const { kind, host, name } = deployed;
  const from: BrokerPlace = { kind, machine: remoteMachine(host) };
  const next = { host: addressOf(undefined).host, name: settings.containerName };
  const to: BrokerPlace = { kind: settings.runtime, machine: remoteMachine(next.host) };
  // By another name a service is another one, and they cannot have one port.
  const isRenamed = kind === 'service' && name !== settings.containerName;
  return isMove(from, to) || isRenamed ? { from, to, former: { host, name }, next } : undefined;
}

interface Deployed extends Former {
  kind: BrokerPlace['kind'];
}

/** All that a state has. */
function placesIn(resources: readonly StoredResource[]): Deployed[] {
  const [service, container] = [unitOrderIn(resources), containerIn(resources)];
  const host = hostOfEngine(resources);
  return [
    ...(service === undefined ? [] : [{ kind: 'service' as const, host: service.host, name: service.options.name }]),
    ...(container === undefined || host === undefined
      ? []
      : [{ kind: 'container' as const, host, name: container.options.name }]),
  ];
}

/**
 * Makes an update possible that moves a broker. Where both are on one machine, the one from before stands back in the moment
 * in which the new one begins; where a state has one Docker engine for both, it is made to name the new one.
 */
export async function prepare(stack: Stack, move: Move, resources: StoredResource[]): Promise<void> {
  const { engine, name, settings, file } = stack;
  const { from, to, former, next } = move;
  if (staysBehind(from, to)) await followDocker(engine, name, resources, addressOf(undefined), file.folder);
  if (from.machine !== to.machine) return;
  // The engine would take one that it has made already for one that runs.
  await takeTurn(former, next);
  engine.environment[formerVariable] = JSON.stringify(former);
  // In its new form it has another owner in the state, and what both have is to become that one's.
  engine.environment[takeOverVariable] = settings.containerName;
}

/**
 * Where the new one does not come to stand, the one from before runs again.
 *
 * @param isProved whether the new one has been proved: then only the one from before could not be taken away
 */
export async function withFormer<T>(
  { from, to, former, next }: Move,
  update: () => Promise<T>,
  isProved: () => boolean,
): Promise<T> {
  try {
    const result = await update();
    // Its table knows nothing of machines, so the engine has changed the one of the new machine.
    if (from.machine !== to.machine && !staysBehind(from, to)) await takeAway(machineOf(former.host), former.name);
    return result;
  } catch (error) {
    if (from.machine === to.machine && !isProved()) {
      const isBack = await comeBack(former, next).catch((reason: Error) => {
        say(
          `The update has failed, and the ${from.kind} ${former.name} from before cannot be started: ${reason.message}`,
        );
      });
      if (isBack === true) say(`The update has failed; the ${from.kind} ${former.name} from before runs again`);
    }
    throw error;
  }
}

function hostOfEngine(resources: readonly StoredResource[]): string | undefined {
  const { host } = stored(resources, 'pulumi:providers:docker', 'engine')?.inputs ?? {};
  return typeof host === 'string' && host !== '' ? host : undefined;
}
