/**
 * Ends connections of clients whose certificates have become invalid: where the certificate is all that a broker asks
 * for, it looks at it when a client connects and not again.
 */

import { connectionsOf } from '../mosquitto/connections';
import type { ClientKind } from '../mosquitto/listeners';
import type { BrokerHandle } from './broker';
import { type Dial, hangUp, type Login } from './client';
import { logs } from './docker';

/** The new holder of a session keeps it for as long as the reference clients do. */
const keptSeconds = 86_400;

/** Clients of one kind, by their user names. */
export interface Evicted {
  kind: ClientKind;
  names: readonly string[];
}

/** Takes the client ids of the clients, which ends their connections, and gives them back. Sessions stay. */
export async function evict(broker: BrokerHandle, evicted: readonly Evicted[]): Promise<void> {
  const asked = evicted.filter(
    ({ kind, names }) =>
      names.length > 0 &&
      broker.plan.targets.some(({ clients, useIdentityAsUsername }) => clients === kind && useIdentityAsUsername),
  );
  if (asked.length === 0) return;
  const ids = clientIdsOf(asked, await logs(broker.container));
  if (ids.length === 0) return;
  const dial = broker.dial();
  for (const clientId of ids) await takeOver(dial, { ...broker.witness, clientId, sessionExpirySeconds: keptSeconds });
}

/**
 * The client ids that clients hold. They are looked up in the log; where that does not go back far enough, each device
 * has its own name as client id.
 */
export function clientIdsOf(evicted: readonly Evicted[], log: string): string[] {
  const { byClientId, complete } = connectionsOf(log);
  const names = new Set(evicted.flatMap((each) => each.names));
  const listed = [...byClientId].filter(([, { username }]) => names.has(username)).map(([id]) => id);
  const unlisted = complete ? [] : evicted.flatMap((each) => (each.kind === 'devices' ? each.names : []));
  return [...new Set([...listed, ...unlisted])];
}

/** Nothing that waits for the client is acknowledged, so nothing is lost to it. */
async function takeOver(dial: Dial, login: Login): Promise<void> {
  const client = await dial(login);
  client.handleMessage = () => {};
  hangUp(client);
}
