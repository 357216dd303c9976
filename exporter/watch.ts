/** What the exporter knows of a broker, and how it comes to know it. */

import type { ConnectionsRecord, ExporterSettings, ProofRecord, WatchedListener } from '../watching/exporterSettings';
import { readLine } from '../watching/logLines';
import { Tally } from '../watching/tally';
import { lookEveryMilliseconds, type Served, servedBy } from './certificate';
import { Client, type Sign } from './client';
import { type Disk, diskOf } from './disk';
import { DayHistory } from './history';
import type { Memory } from './memory';

/** Where the folder of the broker's data is seen. */
const dataFolder = '/mosquitto/data';
const system = '$SYS/#';
const uptimeTopic = '$SYS/broker/uptime';
const logTopics = '$SYS/broker/log/';
/** Differences below this are the broker's own rounding, in milliseconds. */
const sameStart = 15_000;

/** One moment. */
export interface Look {
  now: number;
  /** By the name of the listener; those that nobody can log in at are not there. */
  signs: ReadonlyMap<string, Sign>;
  /** Of the listener that the broker is watched by. */
  broker: Sign;
  disk: Disk;
}

export class Watch {
  readonly tally = new Tally();
  readonly history = new DayHistory();
  /** `$SYS` topic to its last value: the broker tells each change. They say nothing of one that does not answer. */
  readonly values = new Map<string, string>();
  readonly served = new Map<string, Served>();
  proof: ProofRecord | undefined;
  /** When the broker started, in milliseconds since 1970. */
  startedAt: number | undefined;
  /** Device to when it was first declared here, in milliseconds since 1970. */
  readonly declaredAt = new Map<string, number>();
  private clients: Client[] = [];
  private looking: Promise<Look> | undefined;
  private rounds: NodeJS.Timeout[] = [];

  constructor(private current: ExporterSettings) {
    this.take(current);
    this.rounds.push(setInterval(() => void this.lookAtCertificates(), lookEveryMilliseconds));
  }

  get settings(): ExporterSettings {
    return this.current;
  }

  /** Takes other settings over: connections are made anew where something of them differs. */
  take(settings: ExporterSettings): void {
    this.tally.accounts = settings.accounts;
    const isFirst = this.clients.length === 0;
    const before = this.current;
    this.current = settings;
    const now = Date.now();
    const declared = new Set(settings.devices.map(([id]) => id));
    for (const id of declared) if (!this.declaredAt.has(id)) this.declaredAt.set(id, now);
    for (const id of this.declaredAt.keys()) if (!declared.has(id)) this.declaredAt.delete(id);
    if (isFirst || connectionOf(before) !== connectionOf(settings)) this.connect();
    void this.lookAtCertificates();
  }

  /** Every listener and the disk, asked now; once for all who ask at the same time. */
  look(): Promise<Look> {
    this.looking ??= this.ask().finally(() => {
      this.looking = undefined;
    });
    return this.looking;
  }

  /** Whether the broker has as many clients as are known here. */
  get knowsAll(): boolean {
    const connected = Number(this.values.get('$SYS/broker/clients/connected') ?? Number.NaN);
    return connected === this.tally.connected.size;
  }

  /** What somebody else has seen of connections. */
  seed({ connections }: ConnectionsRecord): void {
    this.tally.seed(
      connections.map(([clientId, username, address, since]) => [
        clientId,
        { username, address, since: Date.parse(since) },
      ]),
    );
  }

  /** What an earlier run of this program has kept. */
  remember({ history, connected, left, declaredAt }: Memory): void {
    this.history.restore(history);
    this.tally.seed(connected);
    for (const [id, time] of left) this.tally.left.set(id, time);
    for (const [id, time] of declaredAt) if (this.declaredAt.has(id)) this.declaredAt.set(id, time);
  }

  get memory(): Memory {
    const { connected, left } = this.tally;
    return {
      history: this.history.told,
      connected: [...connected],
      left: [...left].filter(([id]) => this.declaredAt.has(id)),
      declaredAt: [...this.declaredAt],
    };
  }

  end(): void {
    for (const round of this.rounds) clearInterval(round);
    for (const client of this.clients) client.end();
  }

  private async ask(): Promise<Look> {
    const [signs, disk] = await Promise.all([
      Promise.all(this.clients.map(async (client) => [client.listener.name, await client.sign()] as const)),
      diskOf(dataFolder),
    ]);
    const none: Sign = { up: false, reason: 'no listener can be watched', roundTripSeconds: null };
    const broker = signs[0]?.[1] ?? none;
    return { now: Date.now(), signs: new Map(signs), broker, disk };
  }

  private connect(): void {
    for (const client of this.clients) client.end();
    const { listeners, account, device } = this.current;
    const open = listeners.filter(({ requireCertificate }) => !requireCertificate);
    const ofAccounts = open.filter(({ clients }) => clients === 'accounts');
    // A device is connected once, whatever the number of listeners: at a second one it would take itself over.
    const ofDevices = device === null ? [] : open.filter(({ clients }) => clients === 'devices').slice(0, 1);
    this.clients = [
      ...ofAccounts.map((listener) => this.client(listener, account)),
      ...(device === null ? [] : ofDevices.map((listener) => this.client(listener, device))),
    ];
    const [first] = this.clients;
    if (first !== undefined) this.listen(first);
  }

  private client(listener: WatchedListener, login: ExporterSettings['account']): Client {
    const client = new Client(listener, this.current, login, listener.name);
    const clientId = listener.clients === 'devices' ? login.username : String(client.mqtt.options.clientId);
    // Its own lines come before it can hear them.
    client.mqtt.on('connect', () => {
      this.tally.connected.set(clientId, { username: login.username, address: '', since: Date.now() });
    });
    client.mqtt.on('close', () => this.tally.connected.delete(clientId));
    return client;
  }

  private listen({ mqtt }: Client): void {
    mqtt.on('connect', () => {
      mqtt.subscribe(system, { qos: 0 });
      void this.lookAtCertificates();
    });
    mqtt.on('close', () => this.values.clear());
    mqtt.on('message', (topic, payload) => this.hear(topic, payload.toString()));
  }

  private hear(topic: string, text: string): void {
    if (topic.startsWith(logTopics)) {
      this.tally.add(readLine(text), Date.now());
      return;
    }
    this.values.set(topic, text);
    if (topic === uptimeTopic) this.started(Date.now() - Number.parseInt(text, 10) * 1_000);
  }

  private started(at: number): void {
    if (this.startedAt !== undefined && Math.abs(at - this.startedAt) < sameStart) return;
    if (this.startedAt !== undefined) this.tally.restarted(at - sameStart);
    this.startedAt = at;
  }

  private async lookAtCertificates(): Promise<void> {
    const settings = this.current;
    const served = settings.listeners.filter(({ tls }) => tls);
    const seen = await Promise.all(served.map(async (each) => [each.name, await servedBy(each, settings)] as const));
    if (settings !== this.current) return;
    this.served.clear();
    for (const [name, certificate] of seen) if (certificate !== undefined) this.served.set(name, certificate);
  }
}

/** Everything that a connection depends on. */
function connectionOf({ container, listeners, serverName, certificateAuthority, account, device }: ExporterSettings) {
  return JSON.stringify([container, listeners, serverName, certificateAuthority, account, device]);
}
