/** The whole proof of a live broker. */

import type { MqttClient } from 'mqtt';
import type { User } from '../mosquitto/render';
import type { CheckResult } from '../mosquitto/result';
import type { Target, VerificationPlan } from '../mosquitto/verificationPlan';
import { probeTopics } from '../mosquitto/witness';
import type { BrokerHandle } from './broker';
import { access } from './checks/access';
import { clientCertificates } from './checks/clientCertificates';
import { keeping, sessions } from './checks/identity';
import { certificateLogin, crowds, logins, outsiders, strangers } from './checks/logins';
import { onlyListeners } from './checks/openPorts';
import { certificates, lasting } from './checks/serverCertificate';
import { type Dial, isTls, networkDial, provable } from './client';
import { ready } from './readiness';

/** Everything that the proof of a listener needs. */
interface Proof {
  plan: VerificationPlan;
  witness: User;
  accounts: User[];
  topics: string[];
  /** Where the witness connects; its own listener may not be the proved one. */
  witnessDial: Dial;
}

/**
 * Proves a broker on each of its listeners, each user on each of them. Those that only the machine of a remote Docker
 * engine reaches are proved from there, by ssh; where its engine is reached by TCP they are left out: that their ports
 * are open is all that can be seen from here.
 *
 * @param isReady whether it is known to serve
 * @throws Error when the broker does not come up at all
 */
export async function proveLive(broker: BrokerHandle, isReady = false): Promise<CheckResult[]> {
  const { plan, witness } = broker;
  const targets = provable(plan);
  const witnessDial = broker.nearestDial();
  if (!isReady) await ready(broker, witnessDial);
  const accounts = plan.users.filter((user) => user !== witness);
  const topics = probeTopics([...accounts, ...plan.devices]);
  const proof = { plan, witness, accounts, topics, witnessDial };
  const results = await Promise.all([
    ...targets.filter(({ clients }) => clients === 'accounts').map((target) => forAccounts(target, proof)),
    oneByOne(
      targets.filter(({ clients }) => clients === 'devices'),
      (target) => forDevices(target, proof),
    ),
    onlyListeners(broker.container, plan.targets).then((result) => [result]),
    Promise.all(lasting(plan)),
  ]);
  return results.flat();
}

async function forAccounts(target: Target, { plan, witness, accounts, topics }: Proof): Promise<CheckResult[]> {
  const dial = networkDial(target, plan);
  const [single, grouped] = await Promise.all([
    Promise.all([
      ...strangersOf(target, plan, dial, witness),
      ...outsidersOf(target, dial, plan.devices.slice(0, 1)),
      ...accounts.flatMap((user) => loginsOf(target, dial, user)),
      ...accounts.map((user) => crowds(target.name, dial, user)),
    ]),
    Promise.all(accounts.map((user) => access(target.name, { user: dial, witness: dial }, user, witness, topics))),
  ]);
  return [...single, ...grouped.flat()];
}

/** A device holds one connection, so what is proved of one is proved step by step; others are proved meanwhile. */
async function forDevices(
  target: Target,
  { plan, witness, accounts, topics, witnessDial }: Proof,
): Promise<CheckResult[]> {
  const dial = networkDial(target, plan);
  const [owner, thief] = plan.devices;
  // The connection that proves the login is the one whose access is proved, and whose session nobody can take.
  const clients = new Map(plan.devices.map((device) => [device, dial(device === owner ? keeping(device) : device)]));
  for (const client of clients.values()) client.catch(() => {});
  const [single, grouped] = await Promise.all([
    Promise.all([...strangersOf(target, plan, dial, plan.devices[0]), ...outsidersOf(target, dial, accounts)]),
    Promise.all(
      [...clients].map(async ([device, client]) => {
        const dials = {
          user: () => client,
          witness: witnessDial,
          isUserShared: device === owner && thief !== undefined,
        };
        const proofs = [
          Promise.all(loginsOf(target, dial, device, client)),
          access(target.name, dials, device, witness, topics),
        ];
        return (await Promise.all(proofs)).flat();
      }),
    ),
  ]);
  const taken =
    owner === undefined || thief === undefined
      ? []
      : [await sessions(target.name, dial, owner, thief, clients.get(owner))];
  return [...single, ...grouped.flat(), ...taken];
}

/**
 * Where the certificate is all that is asked, there are no strangers and outsiders with a password: whoever has no
 * certificate for this listener is refused before a name can be told.
 */
function strangersOf(
  target: Target,
  plan: VerificationPlan,
  dial: Dial,
  user: User | undefined,
): Promise<CheckResult>[] {
  return [
    ...(isTls(target) ? certificates(target, plan) : []),
    ...(target.requireCertificate && user !== undefined ? clientCertificates(target, plan, dial, user) : []),
    ...(target.useIdentityAsUsername ? [] : strangers(target.name, dial)),
  ];
}

function outsidersOf(target: Target, dial: Dial, users: readonly User[]): Promise<CheckResult>[] {
  return target.useIdentityAsUsername ? [] : outsiders(target.name, dial, users);
}

/** @param client one that is about to log in already, and stays */
function loginsOf(target: Target, dial: Dial, user: User, client?: Promise<MqttClient>): Promise<CheckResult>[] {
  return target.useIdentityAsUsername
    ? [certificateLogin(target.name, dial, user, client)]
    : logins(target.name, dial, user, client);
}

async function oneByOne<T>(items: readonly T[], prove: (item: T) => Promise<CheckResult[]>): Promise<CheckResult[]> {
  const results: CheckResult[] = [];
  for (const item of items) results.push(...(await prove(item)));
  return results;
}
