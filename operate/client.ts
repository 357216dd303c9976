/** An MQTT connection that either stands or says why not. */

import { randomBytes } from 'node:crypto';
import { isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { type ConnectionOptions, checkServerIdentity, connect as connectTls, type PeerCertificate } from 'node:tls';
import mqtt, { type IClientOptions, MqttClient } from 'mqtt';
import type { Target, VerificationPlan } from '../mosquitto/plan';
import { cause } from './cause';
import { remoteMachine } from './docker';

/** Milliseconds after which a connection or an answer is given up. */
export const patience = 5_000;

/** Who connects; nobody in particular without a name. */
export interface Login {
  username?: string;
  password?: string;
  /** Default: one of verification's own. */
  clientId?: string;
  /** Seconds that the broker keeps the session; without it the connection is a clean one. */
  sessionExpirySeconds?: number;
}

/** Opens MQTT connections to one place. */
export type Dial = (login: Login) => Promise<MqttClient>;

/** Connections over the network, as a device makes them. */
export function networkDial(target: Target, plan: VerificationPlan): Dial {
  const tls = isTls(target) ? trust(plan) : {};
  const { scheme, port } = target;
  const host = hostOf(target, plan);
  const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
  return (login) => settle(mqtt.connect(url, { ...options(login), ...tls, wsOptions: tls }));
}

/** Connections through any stream, for a broker that no network reaches. */
export function streamDial(open: () => Promise<Duplex>, tls?: ConnectionOptions): Dial {
  return async (login) => {
    const stream = await open();
    const secured = tls === undefined ? stream : connectTls({ socket: stream, ...tls });
    const client = new MqttClient(() => secured as never, options(login));
    return settle(client);
  };
}

/** The host that a target is reached at from here: the machine of the Docker engine. */
export function hostOf(target: Target, plan: Pick<VerificationPlan, 'dockerHost'>): string {
  return remoteMachine(plan.dockerHost) ?? target.address;
}

/** Listeners that can be reached from here: on a remote Docker engine not those of its loopback. */
export function reachable(plan: VerificationPlan): Target[] {
  const remote = remoteMachine(plan.dockerHost) !== undefined;
  return plan.targets.filter(({ loopback }) => !(remote && loopback));
}

/** TLS options that trust the CA of the stack alone, and only under the first name of the certificate. */
export function trust(plan: Pick<VerificationPlan, 'certificateAuthority' | 'serverNames'>) {
  return { ca: plan.certificateAuthority, ...identity(plan.serverNames[0] ?? '') };
}

/** TLS options that ask for a host name or address, whatever the address connected to. */
export function identity(name: string) {
  const serverName = isIP(name) === 0 ? { servername: name } : {};
  return {
    ...serverName,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
  };
}

/** Whether clients of the target speak TLS. */
export function isTls(target: Target): boolean {
  return target.scheme === 'mqtts' || target.scheme === 'wss';
}

/** Ends a connection; an answer is not waited for. */
export function hangUp(client: MqttClient): void {
  client.end(true);
}

function options({ username, password, clientId, sessionExpirySeconds }: Login): IClientOptions {
  return {
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    protocolVersion: 5,
    clientId: clientId ?? `aipi-verify-${randomBytes(6).toString('hex')}`,
    clean: sessionExpirySeconds === undefined,
    properties: { sessionExpiryInterval: sessionExpirySeconds ?? 0 },
    reconnectPeriod: 0,
    connectTimeout: patience,
  };
}

const resumed = new WeakSet<MqttClient>();

/** Whether the broker had kept a session for this connection. Source: [MQTT-3.2.2-2]. */
export function isResumed(client: MqttClient): boolean {
  return resumed.has(client);
}

/** Resolves once the broker has said yes; rejects with the first error, or when it hangs up or stays silent. */
function settle(client: MqttClient): Promise<MqttClient> {
  return new Promise((resolve, reject) => {
    // Without a listener a later error would end the process.
    client.on('error', () => {});
    const fail = (error: unknown) => {
      clearTimeout(timer);
      client.end(true);
      reject(new Refusal(cause(error), error));
    };
    const timer = setTimeout(() => fail(new Error('timeout')), patience);
    const closed = () => fail(Object.assign(new Error('closed'), { code: 'ECONNRESET' }));
    client.once('error', fail);
    client.once('close', closed);
    client.once('connect', ({ sessionPresent }) => {
      clearTimeout(timer);
      if (sessionPresent) resumed.add(client);
      client.off('error', fail).off('close', closed);
      resolve(client);
    });
  });
}

/** A connection that was not made. The message is the cause in words. */
export class Refusal extends Error {
  constructor(
    message: string,
    readonly origin: unknown,
  ) {
    super(message);
  }

  /** Whether the broker itself answered that this login is not accepted. */
  get byBroker(): boolean {
    const { code } = this.origin as { code?: unknown };
    return code === 134 || code === 135;
  }
}
