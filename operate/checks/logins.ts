/** Who gets in, and who does not. */

import { randomBytes } from 'node:crypto';
import type { MqttClient } from 'mqtt';
import type { User } from '../../mosquitto/render';
import type { CheckResult } from '../../mosquitto/result';
import { foreignTopic } from '../../mosquitto/witness';
import { type Dial, hangUp, type Login, Refusal } from '../client';
import { check, Disproved } from './check';

/** Checks that nobody gets in without an account. */
export function strangers(place: string, dial: Dial): Promise<CheckResult>[] {
  const username = `stranger-${randomBytes(4).toString('hex')}`;
  return [
    refused(`${place}: anonymous is refused`, dial, {}),
    refused(`${place}: unknown user is refused`, dial, { username, password: wrongPassword() }),
  ];
}

/**
 * Checks that an account gets in by its password alone.
 *
 * @param client one that is about to log in already, and stays
 */
export function logins(place: string, dial: Dial, user: User, client?: Promise<MqttClient>): Promise<CheckResult>[] {
  const { username, password } = user;
  return [
    check(`${place}: ${username} logs in`, async () => {
      if (client === undefined) hangUp(await dial({ username, password }));
      else await client;
      return 'accepted';
    }),
    refused(`${place}: ${username} with a wrong password is refused`, dial, { username, password: wrongPassword() }),
  ];
}

/**
 * Checks that a client gets in by its certificate alone.
 *
 * @param client one that is about to log in already, and stays
 */
export function certificateLogin(
  place: string,
  dial: Dial,
  { username }: User,
  client?: Promise<MqttClient>,
): Promise<CheckResult> {
  return check(`${place}: ${username} logs in by its certificate`, async () => {
    if (client === undefined) hangUp(await dial({ username }));
    else await client;
    return 'accepted';
  });
}

/** Checks that users of other listeners do not get in here. */
export function outsiders(place: string, dial: Dial, users: readonly User[]): Promise<CheckResult>[] {
  return users.map(({ username, password }) =>
    refused(`${place}: ${username} is refused`, dial, { username, password }),
  );
}

/** Checks that an account holds several connections at once. */
export function crowds(place: string, dial: Dial, { username, password }: User): Promise<CheckResult> {
  return check(`${place}: ${username} holds several connections`, async () => {
    const clients = await Promise.all([1, 2, 3].map(() => dial({ username, password })));
    try {
      await Promise.all(clients.map((client) => client.unsubscribeAsync(foreignTopic)));
      return `${clients.length} at once`;
    } finally {
      for (const client of clients) hangUp(client);
    }
  });
}

function wrongPassword(): string {
  return randomBytes(32).toString('base64url');
}

/** Only the broker's own "not authorized", or its word about a certificate, counts: a broker that is away refuses nobody. */
export function refused(claim: string, dial: Dial, login: Login): Promise<CheckResult> {
  return check(claim, async () => {
    try {
      hangUp(await dial(login));
    } catch (error) {
      if (error instanceof Refusal && error.byBroker) return 'not authorized';
      if (error instanceof Refusal && error.certificateRefusal !== undefined) return error.certificateRefusal;
      throw error;
    }
    throw new Disproved('was let in');
  });
}
