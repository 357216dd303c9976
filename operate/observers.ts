/**
 * Clients that stay connected while a running broker takes files over, and tell what they noticed: one for each account
 * on each of its listeners, one device, and a persistent session that QoS 1 messages flow to.
 */

import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { MqttClient } from 'mqtt';
import type { User } from '../mosquitto/render';
import type { Steadiness } from '../mosquitto/result';
import type { Target, VerificationPlan } from '../mosquitto/verificationPlan';
import { foreignTopic, observedTopic, witnessOf } from '../mosquitto/witness';
import { type Dial, hangUp, networkDial, patience, reachable } from './client';

const intervalMilliseconds = 5;
/** More would wait in the broker's queue, which drops them where it is full. Source: mosquitto.conf(5), max_inflight_messages. */
const mostUnderWay = 10;
const keptSeconds = 60;

/** Clients that are connected, and count what they notice. */
export class Observers {
  private readonly clients: MqttClient[] = [];
  private disconnects = 0;
  private isClosed = false;
  private flow: Flow | undefined;

  /**
   * Connects them.
   *
   * @param staying users whose password is the one that the running broker knows
   * @throws Error when a connection is refused or not answered
   */
  async open(plan: VerificationPlan, staying: readonly User[]): Promise<void> {
    const places = reachable(plan);
    const witness = witnessOf(plan.users);
    const own = dialOf(places, plan);
    const players = playersOf(places, plan, staying).map(({ place, user }) =>
      this.join(networkDial(place, plan)(user)),
    );
    const [to, from] = await Promise.all([this.join(own(session(witness))), this.join(own(witness)), ...players]);
    this.flow = await Flow.open(to, from);
  }

  /** What they noticed so far. */
  async report(): Promise<Steadiness | null> {
    if (this.flow === undefined) return null;
    // An answer proves that a connection still stands.
    const [noticed, answers] = await Promise.all([this.flow.end(), Promise.allSettled(this.clients.map(answered))]);
    const silent = answers.filter(({ status }) => status === 'rejected').length;
    return { clients: this.clients.length, disconnects: Math.max(this.disconnects, silent), ...noticed };
  }

  close(): void {
    this.isClosed = true;
    for (const client of this.clients) hangUp(client.off('close', this.count));
  }

  private readonly count = () => {
    this.disconnects += 1;
  };

  private async join(dialled: Promise<MqttClient>): Promise<MqttClient> {
    const client = await dialled;
    // Somebody else was refused meanwhile.
    if (this.isClosed) hangUp(client);
    this.clients.push(client);
    client.once('close', this.count);
    return client;
  }
}

/** Waits for an answer of the broker; a connection that is lost would never give one. */
function answered(client: MqttClient): Promise<unknown> {
  if (!client.connected) return Promise.reject(new Error('no connection'));
  const silence = sleep(patience).then(() => {
    throw new Error('no answer');
  });
  return Promise.race([client.unsubscribeAsync(foreignTopic), silence]);
}

/** A session that outlives its connection for a minute, so that a lost connection alone loses no message. */
function session({ username, password }: User) {
  const clientId = `aipi-verify-observer-${randomBytes(6).toString('hex')}`;
  return { username, password, clientId, sessionExpirySeconds: keptSeconds };
}

function dialOf(places: readonly Target[], plan: VerificationPlan): Dial {
  const place = places.find(({ clients }) => clients === 'accounts');
  if (place === undefined) throw new Error('no listener for accounts can be reached from here');
  return networkDial(place, plan);
}

/** A device holds one connection, so the only one that is played here stays on the first listener for devices. */
export function playersOf(
  places: readonly Target[],
  plan: Pick<VerificationPlan, 'users' | 'devices'>,
  staying: readonly User[],
): Array<{ place: Target; user: User }> {
  const names = new Set(staying.map(({ username }) => username));
  const accounts = plan.users.filter(({ username }) => names.has(username));
  const devices = plan.devices.slice(0, 1).filter(({ username }) => names.has(username));
  return [
    ...places
      .filter(({ clients }) => clients === 'accounts')
      .flatMap((place) => accounts.map((user) => ({ place, user }))),
    ...places
      .filter(({ clients }) => clients === 'devices')
      .slice(0, 1)
      .flatMap((place) => devices.map((user) => ({ place, user }))),
  ];
}

/** Numbered QoS 1 messages from one client to another, one each few milliseconds, or as many as the line takes. */
class Flow {
  private readonly received = new Map<number, number>();
  private readonly acknowledged: number[] = [];
  private stopped = false;
  private readonly loop: Promise<void>;

  private constructor(
    private readonly to: MqttClient,
    private readonly from: MqttClient,
  ) {
    to.on('message', (topic, payload) => {
      if (topic === observedTopic) this.received.set(Number(payload.toString()), performance.now());
    });
    this.loop = this.publish();
  }

  static async open(to: MqttClient, from: MqttClient): Promise<Flow> {
    await to.subscribeAsync(observedTopic, { qos: 1 });
    return new Flow(to, from);
  }

  private async publish(): Promise<void> {
    for (let number = 0; !this.stopped; ) {
      if (number - this.received.size < mostUnderWay) this.send(number++);
      await sleep(intervalMilliseconds);
    }
  }

  /** A publish that fails is not acknowledged, so it is not lost either. */
  private send(number: number): void {
    this.from.publishAsync(observedTopic, String(number), { qos: 1 }).then(
      () => this.acknowledged.push(number),
      () => {},
    );
  }

  async end(): Promise<Pick<Steadiness, 'acknowledged' | 'lost' | 'longestGapMilliseconds'>> {
    this.stopped = true;
    await this.loop;
    // Two round trips: all that was sent is acknowledged, and all that was routed has arrived.
    await answered(this.from).catch(() => {});
    await answered(this.to).catch(() => {});
    const times = [...this.received.values()].sort((a, b) => a - b);
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? time));
    return {
      acknowledged: this.acknowledged.length,
      lost: this.acknowledged.filter((number) => !this.received.has(number)).length,
      longestGapMilliseconds: Math.round(Math.max(0, ...gaps)),
    };
  }
}
