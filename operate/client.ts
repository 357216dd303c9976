/** An MQTT connection that either stands or says why not. */

import { randomBytes } from 'node:crypto';
import { createRequire } from 'node:module';
import { connect as connectTcp, isIP } from 'node:net';
import type { Duplex } from 'node:stream';
import { checkServerIdentity, connect as connectTls, type PeerCertificate } from 'node:tls';
import mqtt, { type IClientOptions, MqttClient } from 'mqtt';
import type { ClientCertificate } from '../certificates/client';
import type { Target, VerificationPlan } from '../mosquitto/verificationPlan';
import { cause, certificateRefusal } from './connectionErrors';
import { remoteMachine } from './docker';
import { failWhenLost } from './lostConnection';
import { playedCertificate } from './playedCertificate';
import { isOfTime, isOwnOutOfTime } from './serverTime';
import { addressFromHere, isBySsh, openThere } from './there';

/**
 * The client makes a table of all numbers of two bytes before its first packet, which takes longer than a whole proof
 * needs for its packets. It belongs to a package of the client's own, so it is looked for from there.
 */
createRequire(require.resolve('mqtt'))('mqtt-packet').writeToStream.cacheNumbers = false;

/** Milliseconds after which a connection or an answer is given up. */
export const patience = 5_000;

/** Who connects; nobody in particular without a name. */
export interface Login {
  username?: string;
  password?: string;
  /** Default: one of verification's own. */
  clientId?: string;
  /** Shown where one is required; default: one of its user name, issued on the spot. Null: none. */
  certificate?: Pick<ClientCertificate, 'certificate' | 'privateKey'> | null;
  /** Seconds that the broker keeps the session; without it the connection is a clean one. */
  sessionExpirySeconds?: number;
}

/** Opens MQTT connections to one place. */
export type Dial = (login: Login) => Promise<MqttClient>;

/** Connections as a client makes them: over the network, or on the machine of the engine where this one is not in that. */
export function networkDial(target: Target, plan: VerificationPlan): Dial {
  const { scheme, port } = target;
  const fromThere = streamDial(() => streamTo(target, plan), target, plan);
  return async (login) => {
    const host = await hostOf(target, plan);
    if (host === undefined) return fromThere(login);
    const url = `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`;
    const tls = await security(target, plan, login);
    const connect = (more: object) =>
      settle(mqtt.connect(url, { ...options(login, target), ...tls, ...more, wsOptions: { ...tls, ...more } }));
    return inTimeOrOwn(plan, connect, () => ({ ...identity(plan.serverNames[0] ?? ''), host, port }));
  };
}

/** A server whose own certificate has run out can be worked with: the time is a check of its own. */
async function inTimeOrOwn(
  plan: VerificationPlan,
  connect: (more: object) => Promise<MqttClient>,
  open: Parameters<typeof isOwnOutOfTime>[1],
): Promise<MqttClient> {
  try {
    return await connect({});
  } catch (error) {
    const isPastTime = error instanceof Refusal && isOfTime(error.origin);
    if (isPastTime && (await isOwnOutOfTime(plan, open, patience))) return connect({ rejectUnauthorized: false });
    throw error;
  }
}

/** Connections through any stream, for a broker that no network reaches. */
export function streamDial(open: () => Promise<Duplex>, target: Target, plan: VerificationPlan): Dial {
  return async (login) => {
    const tls = await security(target, plan, login);
    const connect = async (more: object) => {
      const stream = await open();
      const secured = isTls(target) ? connectTls({ socket: stream, ...tls, ...more }) : stream;
      secured.on('error', () => {});
      const carrier = isWeb(target) ? webSocket(secured) : secured;
      return settle(new MqttClient(() => carrier as never, options(login, target)));
    };
    return inTimeOrOwn(plan, connect, async () => ({
      ...identity(plan.serverNames[0] ?? ''),
      socket: await open(),
    }));
  };
}

/** TLS options of one login; none without TLS. */
async function security(target: Target, plan: VerificationPlan, login: Login) {
  if (!isTls(target)) return {};
  const shown =
    login.certificate === undefined && target.requireCertificate
      ? await playedCertificate(plan, target.clients, login.username ?? 'nobody')
      : login.certificate;
  return { ...trust(plan), ...(shown && { cert: shown.certificate, key: shown.privateKey }) };
}

/**
 * The host that a target is reached at from here, which is the machine of the Docker engine; undefined where it is reached
 * from there, by ssh: on the loopback of that machine, and behind others that lead to it.
 */
export async function hostOf(
  target: Target,
  { dockerHost }: Pick<VerificationPlan, 'dockerHost'>,
): Promise<string | undefined> {
  if (remoteMachine(dockerHost) === undefined) return target.address;
  if (target.loopback && isBySsh(dockerHost)) return undefined;
  return addressFromHere(dockerHost);
}

/** Listeners that a network reaches: on another machine not those of its loopback. */
export function reachable(plan: VerificationPlan): Target[] {
  return plan.targets.filter((target) => !isElsewhere(target, plan));
}

/** Listeners that can be proved: those of the loopback of another machine, too, where ssh leads there. */
export function provable(plan: VerificationPlan): Target[] {
  return plan.targets.filter((target) => !isElsewhere(target, plan) || isBySsh(plan.dockerHost));
}

function isElsewhere({ loopback }: Target, { dockerHost }: Pick<VerificationPlan, 'dockerHost'>): boolean {
  return loopback && remoteMachine(dockerHost) !== undefined;
}

/** A connection to a target. What goes wrong on the way ends it with an error. */
export async function streamTo(target: Target, plan: Pick<VerificationPlan, 'dockerHost'>): Promise<Duplex> {
  const host = await hostOf(target, plan);
  return host === undefined ? openThere(plan.dockerHost, target.address, target.port) : connectTcp(target.port, host);
}

/** TLS options that trust the CA of the stack alone, and only under the first name of the certificate. */
export function trust(plan: Pick<VerificationPlan, 'certificateAuthority' | 'serverNames'>) {
  return { ca: plan.certificateAuthority, ...identity(plan.serverNames[0] ?? '') };
}

/**
 * TLS options that ask for a host name or address, whatever the address connected to, and whatever the environment says of
 * verification and of TLS: `NODE_TLS_REJECT_UNAUTHORIZED` would make a proof of nothing.
 */
export function identity(name: string) {
  const serverName = isIP(name) === 0 ? { servername: name } : {};
  return {
    ...serverName,
    rejectUnauthorized: true,
    minVersion: 'TLSv1.2' as const,
    maxVersion: 'TLSv1.3' as const,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(name, certificate),
  };
}

/** Whether clients of the target speak TLS. */
export function isTls(target: Target): boolean {
  return target.scheme === 'mqtts' || target.scheme === 'wss';
}

function isWeb({ scheme }: Target): boolean {
  return scheme === 'ws' || scheme === 'wss';
}

/** MQTT over WebSockets on a connection that stands. Source: MQTT 5.0, 6. */
function webSocket(stream: Duplex): Duplex {
  const { WebSocket, createWebSocketStream } = createRequire(require.resolve('mqtt'))('ws');
  // Their client writes the request by itself, whatever the connection is.
  return createWebSocketStream(new WebSocket('ws://localhost', 'mqtt', { createConnection: () => stream }));
}

/** Ends a connection; an answer is not waited for. */
export function hangUp(client: MqttClient): void {
  client.end(true);
}

/** Where the certificate says who a client is, nothing else does: so a login proves that. */
function options(login: Login, { useIdentityAsUsername }: Target): IClientOptions {
  const { clientId, sessionExpirySeconds } = login;
  const { username, password }: Login = useIdentityAsUsername ? {} : login;
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
      resolve(failWhenLost(client));
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

  /** Whether the broker refused the certificate of the client, in words. */
  get certificateRefusal(): string | undefined {
    return certificateRefusal(this.origin);
  }

  /** Whether the broker itself answered that this login is not accepted. */
  get byBroker(): boolean {
    const { code } = this.origin as { code?: unknown };
    return code === 134 || code === 135;
  }
}
