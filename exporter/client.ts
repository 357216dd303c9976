/** A connection to a listener that is kept, and asked for a sign of life. */

import { isIP } from 'node:net';
import { checkServerIdentity as checkIdentity, type PeerCertificate } from 'node:tls';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { Credential } from '../mosquitto/passwords';
import type { ExporterSettings, WatchedListener } from '../watching/exporterSettings';

/** A topic that every broker keeps a retained message on. */
const canaryTopic = '$SYS/broker/version';
const patienceMilliseconds = 2_000;
/** After this a login that was refused is tried again. */
const refusedMilliseconds = 30_000;
/** Soon, so that few clients of a broker that starts again come before. */
const lostMilliseconds = 250;

export interface Sign {
  up: boolean;
  /** Why not. */
  reason: string | null;
  roundTripSeconds: number | null;
}

/**
 * Keeps a connection. The broker logs who comes and goes, so that none is made only to be looked at.
 */
export class Client {
  readonly mqtt: MqttClient;
  private reason: string | null = 'no answer yet';
  private waiting: { since: number; answered: (sign: Sign) => void } | undefined;
  private asked: Promise<Sign> | undefined;

  constructor(
    readonly listener: WatchedListener,
    settings: ExporterSettings,
    login: Credential,
    suffix: string,
  ) {
    const tls = tlsOptions(listener, settings);
    // Where the client id has to be the user name, the broker sees to it.
    this.mqtt = mqtt.connect(urlOf(listener, settings), {
      ...loginOptions(login),
      ...tls,
      // Over WebSockets TLS is that of another library.
      wsOptions: tls,
      clientId: `${login.username}.${suffix}`,
      protocolVersion: 5,
      clean: true,
      keepalive: 30,
      connectTimeout: patienceMilliseconds,
      reconnectPeriod: lostMilliseconds,
      resubscribe: false,
    });
    this.mqtt.on('connect', () => {
      this.reason = null;
      this.mqtt.options.reconnectPeriod = lostMilliseconds;
    });
    this.mqtt.on('error', (error) => this.failed(error));
    this.mqtt.on('close', () => {
      this.reason ??= 'the connection was lost';
      this.answer({ up: false, reason: this.reason, roundTripSeconds: null });
    });
    this.mqtt.on('message', (topic) => {
      if (topic === canaryTopic) this.heard();
    });
  }

  /** Asks for a sign of life, once for all who ask at the same time. */
  sign(): Promise<Sign> {
    this.asked ??= this.ask().finally(() => {
      this.asked = undefined;
    });
    return this.asked;
  }

  end(): void {
    this.mqtt.end(true);
  }

  private async ask(): Promise<Sign> {
    if (!this.mqtt.connected) return { up: false, reason: this.reason ?? 'not connected', roundTripSeconds: null };
    const since = performance.now();
    let timer: NodeJS.Timeout | undefined;
    const sign = await new Promise<Sign>((answered) => {
      this.waiting = { since, answered };
      timer = setTimeout(
        () =>
          this.answer({
            up: false,
            reason: `no answer within ${patienceMilliseconds / 1_000} s`,
            roundTripSeconds: null,
          }),
        patienceMilliseconds,
      );
      // A device may read nothing there, and the refusal is its answer.
      this.mqtt.subscribe(canaryTopic, { qos: 0 }, (error) => {
        if (this.listener.clients === 'devices' && this.mqtt.connected) this.heard();
        else if (error) this.answer({ up: false, reason: error.message, roundTripSeconds: null });
      });
    });
    clearTimeout(timer);
    if (this.listener.clients === 'accounts' && this.mqtt.connected) this.mqtt.unsubscribe(canaryTopic, () => {});
    return sign;
  }

  private heard(): void {
    if (this.waiting === undefined) return;
    this.answer({ up: true, reason: null, roundTripSeconds: (performance.now() - this.waiting.since) / 1_000 });
  }

  private answer(sign: Sign): void {
    this.waiting?.answered(sign);
    this.waiting = undefined;
  }

  private failed(error: Error & { code?: unknown }): void {
    this.reason = wordsOf(error);
    // Whoever is refused or cannot trust the broker leaves lines in its log each time; whose connection breaks was let in.
    const isLost = this.mqtt.connected || isAbsent(error);
    this.mqtt.options.reconnectPeriod = isLost ? lostMilliseconds : refusedMilliseconds;
  }
}

/** Whether nobody is there yet. */
function isAbsent({ code, message }: Error & { code?: unknown }): boolean {
  if (message === 'connack timeout') return true;
  return ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ETIMEDOUT'].includes(String(code));
}

/** An error without what may hold a secret. */
function wordsOf({ message, code }: Error & { code?: unknown }): string {
  if (typeof code === 'number') return `the login was refused (${message})`;
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return 'its container is in no network with this one, or does not run';
  return message === '' ? String(code ?? 'no connection') : message;
}

function urlOf({ protocol, tls, port }: WatchedListener, { container }: ExporterSettings): string {
  const scheme = protocol === 'websockets' ? (tls ? 'wss' : 'ws') : tls ? 'mqtts' : 'mqtt';
  return `${scheme}://${container}:${port}`;
}

function loginOptions({ username, password }: Credential): IClientOptions {
  return { username, password };
}

/** What TLS is checked by: always the authorities of the stack and the name that clients use. */
export function tlsOptions(
  { tls }: Pick<WatchedListener, 'tls'>,
  { certificateAuthority, serverName }: Pick<ExporterSettings, 'certificateAuthority' | 'serverName'>,
) {
  if (!tls) return {};
  const checked = { ca: certificateAuthority, rejectUnauthorized: true } as const;
  return serverName === null ? checked : { ...checked, ...named(serverName) };
}

function named(serverName: string) {
  const checkServerIdentity = (_: string, certificate: PeerCertificate) => checkIdentity(serverName, certificate);
  // An address is no name that a client may send.
  return isIP(serverName) === 0
    ? { servername: serverName, checkServerIdentity }
    : { servername: '', checkServerIdentity };
}
