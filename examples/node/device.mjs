#!/usr/bin/env node
// @ts-check
/**
 * Plays a Raspberry Pi with nothing but its bundle: `node device.mjs FOLDER`.
 *
 * @typedef {import('./types.mjs').Bundle} Bundle
 * @typedef {import('./types.mjs').DeviceEvents} DeviceEvents
 * @typedef {import('./types.mjs').DeviceOptions} DeviceOptions
 * @typedef {import('./types.mjs').Ending} Ending
 * @typedef {import('./types.mjs').Facts} Facts
 * @typedef {{ topic: string, body: object }} Message
 * @typedef {{ [name: string]: string }} Report
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { EventEmitter, once } from 'node:events';
import { chmodSync, existsSync, readFileSync, realpathSync, renameSync } from 'node:fs';
import { isIP } from 'node:net';
import { uptime } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { checkServerIdentity } from 'node:tls';
import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import mqtt from 'mqtt';

/** For how long the broker keeps what is sent to a device that is away. */
const sessionSeconds = 86_400;
/** Messages that wait for an acknowledgement, or for a connection. */
const longestOutbox = 1_000;
/** Mosquitto accepts 20 by default. */
const longestFlight = 10;
const answerMilliseconds = 10_000;
const goodbyeMilliseconds = 5_000;

/** Reason codes of MQTT 5 and, below 128, return codes of MQTT 3.1.1: bad user or password, not authorized. */
const refusals = [134, 135, 4, 5];
const sessionTakenOver = 142;
/** Ends a connection, and has the broker say the last will: what comes after it may not succeed. */
const disconnectWithWill = 4;

/** What a broker says of the certificate of a device, by the end of the name of its alert. Source: RFC 8446, section 6.2. */
const alerts = new Map([
  ['CERTIFICATE_REQUIRED', 'it requires one, and the bundle has none'],
  ['BAD_CERTIFICATE', 'it is not valid'],
  ['CERTIFICATE_REVOKED', 'it is revoked'],
  ['CERTIFICATE_EXPIRED', 'it has expired'],
  ['CERTIFICATE_UNKNOWN', 'it is not valid'],
  ['UNKNOWN_CA', 'it is of another certificate authority'],
]);

const factNames = [
  'host',
  'port',
  'tls',
  'username',
  'client_id',
  'password_file',
  'ca_file',
  'topic_prefix',
  'topics',
];

/** @extends {EventEmitter<DeviceEvents>} */
export class Device extends EventEmitter {
  /** @type {import('./types.mjs').Counters} */
  counters = {
    connects: 0,
    disconnects: 0,
    refusals: 0,
    takeovers: 0,
    published: 0,
    acknowledged: 0,
    denied: 0,
    dropped: 0,
    answers: 0,
  };

  /** @type {string | Bundle} */
  #source;
  #options;
  /** Topics of the bundle that was read last. @type {Facts | undefined} */
  #facts;
  /** The connection that stands or is being made. @type {mqtt.MqttClient | undefined} */
  #client;
  /** What that connection says of its bundle. @type {Report} */
  #report = {};
  /** @type {Set<Message>} */
  #outbox = new Set();
  /** @type {Set<Message>} */
  #flying = new Set();
  #seq = 0;
  #wait = 0;
  /** For how long the last connection stood. */
  #stoodSeconds = 0;
  /** When it ended. @type {number | undefined} */
  #awaySince;
  #stopping = new AbortController();
  /** @type {Promise<void> | undefined} */
  #running;

  /**
   * @param {string | Bundle} source
   * @param {DeviceOptions} [options]
   */
  constructor(source, options = {}) {
    super();
    this.#source = source;
    this.#options = {
      intervalSeconds: 5,
      retrySeconds: 1,
      longestRetrySeconds: 120,
      refusedRetrySeconds: 60,
      rereadSeconds: 60,
      keepaliveSeconds: 60,
      sample: () => ({ uptime: Math.round(uptime()) }),
      process: (/** @type {{ input?: unknown }} */ { input = null }) => ({ output: input }),
      ...options,
    };
  }

  get connected() {
    return this.#client?.connected ?? false;
  }

  async start() {
    const connected = once(this, 'connect', { signal: this.#stopping.signal });
    this.#running = Promise.all([this.#stayConnected(), this.#sendData()]).then(() => {});
    await connected.catch(() => {});
  }

  async stop() {
    this.#stopping.abort();
    if (this.connected) await this.#sayGoodbye();
    else this.#client?.end(true);
    await this.#running;
    const { acknowledged } = this.counters;
    this.#log(`stopped; ${acknowledged} messages were acknowledged, ${this.#outbox.size} were not`);
  }

  /**
   * @param {string} topic
   * @param {object} body
   */
  publish(topic, body) {
    if (!this.#allows(topic)) {
      this.#log(`${topic} is not among the topics of the bundle; nothing is sent there`);
      return false;
    }
    this.#outbox.add({ topic, body });
    if (this.#outbox.size > longestOutbox) this.#dropOldest();
    this.#sendWaiting();
    return true;
  }

  async #stayConnected() {
    while (!this.#stopping.signal.aborted) {
      const ending = await this.#connectOnce().catch((error) => lost(`the bundle cannot be used: ${wordsOf(error)}`));
      if (ending.kind === 'stopped') return;
      const seconds = this.#waitAfter(ending);
      this.#log(`${ending.words}; next try ${seconds > 0 ? `in ${seconds.toFixed(1)} s` : 'at once'}`);
      await this.#sleep(seconds);
    }
  }

  /**
   * Waits differ from device to device, so that a fleet does not come back all at once.
   *
   * @param {Ending} ending
   */
  #waitAfter({ kind }) {
    if (kind === 'new bundle') return 0;
    const { retrySeconds, longestRetrySeconds, refusedRetrySeconds } = this.#options;
    if (kind === 'refused' || kind === 'taken over') return between(refusedRetrySeconds, 2 * refusedRetrySeconds);
    // Mosquitto gives no reason when it ends a connection because the password has changed.
    if (this.#stoodSeconds > retrySeconds && this.#nextPasswordWaits()) return 0;
    const most = Math.max(retrySeconds, this.#wait) * 3;
    this.#wait = Math.min(longestRetrySeconds, between(retrySeconds, most));
    return this.#wait;
  }

  /** Holds one connection from beginning to end, with the password that the broker accepts. */
  async #connectOnce() {
    this.#stoodSeconds = 0;
    // Read each time: a new bundle is taken up without a restart.
    const bundle = this.#read();
    this.#facts = bundle.facts;
    const ending = await this.#hold(bundle, bundle.password, () => {});
    const { nextPassword } = bundle;
    if (ending.refused !== 'password' || !nextPassword || nextPassword === bundle.password) return ending;
    this.#log('the password is refused; trying the next one');
    return this.#hold(bundle, nextPassword, () => this.#promote(bundle));
  }

  #read() {
    return typeof this.#source === 'string' ? readBundle(this.#source) : this.#source;
  }

  #nextPasswordWaits() {
    if (typeof this.#source === 'string') return existsSync(nextPasswordFile(this.#source, this.#facts));
    return Boolean(this.#source.nextPassword);
  }

  /** @param {Bundle} bundle */
  #promote(bundle) {
    try {
      if (typeof this.#source === 'string') promotePassword(this.#source, bundle.facts);
      else Object.assign(bundle, { password: bundle.nextPassword, nextPassword: undefined });
      this.#log('the next password is accepted; it takes the place of the old one');
    } catch (error) {
      this.#log(`the next password is accepted, but cannot take the place of the old one: ${wordsOf(error)}`);
    }
  }

  /**
   * @param {Bundle} bundle
   * @param {string} password
   * @param {() => void} accepted
   * @returns {Promise<Ending>} when the connection has ended
   */
  #hold(bundle, password, accepted) {
    const { facts } = bundle;
    const inUse = contentOf(bundle);
    const report = reportOf(bundle);
    /** The first reason counts: what follows is its consequence. @type {Ending | undefined} */
    let ending;
    let since = 0;
    const client = mqtt.connect({
      ...this.#place(bundle),
      protocolVersion: 5,
      username: facts.username,
      clientId: facts.client_id,
      password,
      clean: false,
      properties: { sessionExpiryInterval: sessionSeconds },
      keepalive: this.#options.keepaliveSeconds,
      connectTimeout: answerMilliseconds,
      reconnectPeriod: 0,
      resubscribe: false,
      ...(this.#allows(statusOf(facts)) && { will: { ...status('offline', report), topic: statusOf(facts) } }),
    });
    this.#client = client;
    this.#report = report;
    const leave = () => {
      ending ??= { kind: 'new bundle', words: 'the bundle has changed' };
      leaveWithWill(client);
    };
    client.on('connect', ({ sessionPresent }) => {
      accepted();
      this.#greet(client, facts, report, () => {
        since = performance.now();
        this.#wait = 0;
        this.counters.connects += 1;
        const awaySeconds = this.#awaySince && (since - this.#awaySince) / 1000;
        const away = awaySeconds ? `, after ${awaySeconds.toFixed(3)} s without a connection` : '';
        this.#log(`connected to ${facts.host}:${facts.port} as ${facts.client_id}${away}`);
        this.emit('connect', { sessionPresent, awaySeconds });
        void this.#watch(client, inUse, password, leave);
      });
    });
    client.on('message', (topic, payload) => this.#receive(topic, payload));
    client.on('error', (error) => {
      ending ??= endingOf(error);
      client.end(true);
    });
    client.on('disconnect', ({ reasonCode }) => {
      ending ??= endingOf({ code: reasonCode, message: `the broker has ended the connection, reason ${reasonCode}` });
    });
    return new Promise((resolve) => {
      client.once('close', () => {
        client.end(true);
        this.#flying.clear();
        if (this.#stopping.signal.aborted) ending = { kind: 'stopped', words: 'stopped' };
        this.#stoodSeconds = since === 0 ? 0 : (performance.now() - since) / 1000;
        ending ??= lost('the connection is lost');
        this.#count(ending);
        resolve(ending);
      });
    });
  }

  /**
   * Looks for another bundle while a connection stands. One that is half there, or of no use, does not end it.
   *
   * @param {mqtt.MqttClient} client
   * @param {string} inUse
   * @param {string} password
   * @param {() => void} leave
   */
  async #watch(client, inUse, password, leave) {
    const { rereadSeconds } = this.#options;
    /** @type {string | undefined} */
    let said;
    while (rereadSeconds > 0) {
      await this.#sleep(rereadSeconds);
      if (!client.connected || this.#stopping.signal.aborted) return;
      const { isNew, obstacle } = this.#look(inUse, password);
      if (isNew && obstacle === undefined) return leave();
      if (obstacle !== undefined && obstacle !== said)
        this.#log(`the changed bundle is not used (${obstacle}); the connection stays`);
      said = obstacle;
    }
  }

  /**
   * @param {string} inUse
   * @param {string} password
   * @returns {{ isNew: boolean, obstacle?: string | undefined }}
   */
  #look(inUse, password) {
    try {
      const bundle = this.#read();
      if (contentOf(bundle) === inUse) return { isNew: false };
      return { isNew: true, obstacle: obstacleTo(bundle, password) };
    } catch (error) {
      return { isNew: true, obstacle: wordsOf(error) };
    }
  }

  /** @param {Bundle} bundle */
  #place({ facts, ca, certificate, privateKey }) {
    const { host = facts.host, port = facts.port, servername = facts.host } = this.#options.connect ?? {};
    if (!facts.tls) return { protocol: /** @type {const} */ ('mqtt'), host, port };
    return {
      protocol: /** @type {const} */ ('mqtts'),
      host,
      port,
      // An empty list trusts nobody; an empty text would make Node trust its own.
      ca: ca || [],
      ...(certificate !== undefined && { cert: certificate, key: privateKey }),
      minVersion: /** @type {const} */ ('TLSv1.2'),
      rejectUnauthorized: true,
      ...(isIP(servername) === 0 && { servername }),
      /** @type {typeof checkServerIdentity} */
      checkServerIdentity: (_, certificate) => checkServerIdentity(servername, certificate),
    };
  }

  /**
   * @param {mqtt.MqttClient} client
   * @param {Facts} facts
   * @param {Report} report
   * @param {() => void} ready
   */
  #greet(client, facts, report, ready) {
    if (this.#allows(statusOf(facts))) {
      const { payload, ...options } = status('online', report);
      client.publish(statusOf(facts), payload, options);
    }
    client.subscribe(facts.topics.subscribe, { qos: 1 }, (error) => {
      if (!client.connected) return;
      if (error) this.#log(`a subscription is refused: ${wordsOf(error)}`);
      ready();
    });
    this.#sendWaiting();
  }

  /** @param {Ending} ending */
  #count(ending) {
    if (ending.kind === 'refused') {
      this.counters.refusals += 1;
      this.emit('refused', ending);
    }
    if (ending.kind === 'taken over') {
      this.counters.takeovers += 1;
      this.emit('taken over', ending);
    }
    if (this.#stoodSeconds > 0 && ending.kind !== 'stopped') {
      this.#awaySince = performance.now();
      this.counters.disconnects += 1;
      this.emit('disconnect', ending);
    }
  }

  async #sayGoodbye() {
    const client = this.#client;
    const topic = this.#facts && statusOf(this.#facts);
    const goodbye = async () => {
      const { payload, ...options } = status('offline', this.#report);
      if (topic && this.#allows(topic)) await client?.publishAsync(topic, payload, options);
      await client?.endAsync();
    };
    const patience = new AbortController();
    // A connection that breaks now ends the waiting, too; the last will then says the same.
    await Promise.race([
      goodbye().catch(() => {}),
      this.#running,
      sleep(goodbyeMilliseconds, undefined, { signal: patience.signal }).catch(() => {}),
    ]);
    patience.abort();
    client?.stream.destroy();
  }

  async #sendData() {
    const { intervalSeconds, sample } = this.#options;
    if (intervalSeconds <= 0) return;
    // Devices that start together do not send together.
    await this.#sleep(between(0, Math.min(1, intervalSeconds)));
    while (!this.#stopping.signal.aborted) {
      const topic = this.#facts && `${this.#facts.topic_prefix}/data`;
      if (topic !== undefined && this.#allows(topic)) {
        this.#seq += 1;
        this.publish(topic, { seq: this.#seq, time: new Date().toISOString(), ...sample() });
      }
      await this.#sleep(intervalSeconds);
    }
  }

  #sendWaiting() {
    for (const message of this.#outbox) {
      if (!this.connected || this.#stopping.signal.aborted || this.#flying.size >= longestFlight) return;
      if (!this.#flying.has(message)) this.#send(message);
    }
  }

  /** @param {Message} message */
  #send(message) {
    const client = this.#client;
    this.#flying.add(message);
    this.counters.published += 1;
    client?.publish(message.topic, JSON.stringify(message.body), { qos: 1 }, (error) => {
      // Without an answer from the broker, the message waits for the next connection.
      const denied = error !== undefined && error !== null && 'code' in error && typeof error.code === 'number';
      if (client !== this.#client || (error && !denied)) return;
      this.#flying.delete(message);
      this.#outbox.delete(message);
      if (denied) {
        this.counters.denied += 1;
        this.#log(`the broker refuses ${message.topic}: ${wordsOf(error)}`);
      } else {
        this.counters.acknowledged += 1;
        this.emit('acknowledged', message.topic, message.body);
      }
      this.#sendWaiting();
    });
  }

  #dropOldest() {
    for (const message of this.#outbox) {
      if (this.#flying.has(message)) continue;
      this.#outbox.delete(message);
      this.counters.dropped += 1;
      return;
    }
  }

  /**
   * @param {string} topic
   * @param {Buffer} payload
   */
  async #receive(topic, payload) {
    this.emit('message', topic, payload);
    const request = readObject(payload);
    if (request === undefined) this.#log(`a message on ${topic} is not a JSON object; it is ignored`);
    else if (topic === 'device/control') this.#obey(request);
    else if (topic.startsWith('langchain/process/')) await this.#process(topic, request);
  }

  /** @param {{ [field: string]: unknown }} command */
  #obey({ id, command }) {
    const answer =
      command === 'ping' ? { id, pong: true } : { id, error: `unknown command ${JSON.stringify(command)}` };
    this.#answer(`${this.#facts?.topic_prefix}/data`, answer);
  }

  /**
   * @param {string} topic
   * @param {{ [field: string]: unknown }} request
   */
  async #process(topic, { id, ...rest }) {
    let result;
    try {
      result = await this.#options.process({ id, ...rest });
    } catch (error) {
      result = { error: wordsOf(error) };
    }
    this.#answer(topic.replace('/process/', '/response/'), { ...result, id });
  }

  /**
   * @param {string} topic
   * @param {object} body
   */
  #answer(topic, body) {
    if (this.publish(topic, body)) this.counters.answers += 1;
  }

  /** @param {string} topic */
  #allows(topic) {
    return this.#facts?.topics.publish.some((filter) => matches(filter, topic)) ?? false;
  }

  /** @param {number} seconds */
  #sleep(seconds) {
    return sleep(seconds * 1000, undefined, { signal: this.#stopping.signal }).catch(() => {});
  }

  /** @param {string} line */
  #log(line) {
    this.emit('log', line);
  }
}

/**
 * @param {string} folder
 * @returns {Bundle}
 */
function readBundle(folder) {
  const text = (/** @type {string} */ name) => readFileSync(join(folder, name), 'utf8');
  // Written by hand, a password often ends with a line break.
  const password = (/** @type {string} */ name) => text(name).replace(/[\r\n]+$/, '');
  /** @type {Facts} */
  const facts = JSON.parse(text('device.json'));
  const missing = factNames.filter((name) => !(name in facts));
  if (missing.length > 0) throw new Error(`device.json lacks ${missing.join(', ')}`);
  return {
    facts,
    password: password(facts.password_file),
    nextPassword: existsSync(nextPasswordFile(folder, facts)) ? password(`${facts.password_file}.next`) : undefined,
    ca: facts.ca_file === null ? undefined : text(facts.ca_file),
    // Older bundles name neither.
    certificate: facts.certificate_file ? text(facts.certificate_file) : undefined,
    privateKey: facts.private_key_file ? text(facts.private_key_file) : undefined,
  };
}

/**
 * What counts of a bundle while a connection stands. A password is left out: the broker ends the connection when
 * another one counts.
 *
 * @param {Bundle} bundle
 */
function contentOf({ facts, ca, certificate }) {
  return JSON.stringify([facts, ca, certificate]);
}

/**
 * Why a bundle cannot take the place of the one in use, or not yet; undefined where it can.
 *
 * @param {Bundle} bundle
 * @param {string} passwordInUse
 */
function obstacleTo({ facts, password, ca, certificate, privateKey }, passwordInUse) {
  if (password === '') return 'its password is empty';
  if (facts.tls) certificatesIn(ca ?? '');
  if (certificate === undefined) {
    const isOther = password !== passwordInUse;
    return isOther ? 'its password is another one, and the broker may not know that yet' : undefined;
  }
  if (!new X509Certificate(certificate).checkPrivateKey(createPrivateKey(privateKey ?? '')))
    return 'its certificate and its key do not belong together';
  const expires = Date.parse(facts.certificate_expires ?? '');
  return expires < Date.now() ? 'its certificate has expired' : undefined;
}

/**
 * What a device says of its bundle, so that everybody can see which one it uses.
 *
 * @param {Bundle} bundle
 * @returns {Report}
 */
function reportOf({ facts, ca }) {
  const { generation, certificate_expires, certificate_issuer } = facts;
  return {
    ...(generation !== undefined && { generation: String(generation) }),
    // Of the text that is trusted, whatever device.json says about it.
    ...(facts.tls && {
      ca: certificatesIn(ca ?? '')
        .map(shortPrint)
        .join(','),
    }),
    ...(certificate_expires && { certificate_expires }),
    ...(certificate_issuer && { certificate_issuer: certificate_issuer.slice(0, 16) }),
  };
}

/** @param {X509Certificate} certificate */
function shortPrint({ fingerprint256 }) {
  return fingerprint256.replaceAll(':', '').toLowerCase().slice(0, 16);
}

/**
 * The certificates of a PEM text that is complete.
 *
 * @param {string} pem
 */
function certificatesIn(pem) {
  const blocks = pem.match(/-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g) ?? [];
  if (blocks.length === 0) throw new Error('the file with the certificates to trust holds none');
  if (blocks.length < pem.split('-----BEGIN').length - 1)
    throw new Error('the file with the certificates to trust is cut off');
  return blocks.map((block) => new X509Certificate(block));
}

/**
 * Leaves the broker when it has acknowledged what is under way. The session stays.
 *
 * @param {mqtt.MqttClient} client
 */
function leaveWithWill(client) {
  const patience = setTimeout(() => client.stream.destroy(), goodbyeMilliseconds);
  client.once('close', () => clearTimeout(patience));
  client.end(false, { reasonCode: disconnectWithWill });
}

/**
 * @param {string} folder
 * @param {Facts} facts
 */
function promotePassword(folder, facts) {
  const next = nextPasswordFile(folder, facts);
  try {
    chmodSync(next, 0o600);
  } catch {
    // The boot partition is FAT, which has no modes.
  }
  renameSync(next, join(folder, facts.password_file));
}

/**
 * @param {string} folder
 * @param {Facts | undefined} facts
 */
function nextPasswordFile(folder, facts) {
  return join(folder, `${facts?.password_file}.next`);
}

/** @param {Facts} facts */
function statusOf(facts) {
  return `${facts.topic_prefix}/status`;
}

/**
 * @param {'online' | 'offline'} payload
 * @param {Report} report
 */
function status(payload, report) {
  return { payload, qos: /** @type {const} */ (1), retain: true, properties: { userProperties: report } };
}

/**
 * @param {{ code?: unknown, message?: string }} error
 * @returns {Ending}
 */
function endingOf(error) {
  if (refusals.includes(Number(error.code)))
    return {
      kind: 'refused',
      refused: 'password',
      words: `the broker refuses the password (reason ${error.code}); is the bundle current?`,
    };
  const refusal = alerts.get(String(error.code).split('_ALERT_')[1] ?? '');
  if (refusal !== undefined) {
    const words = `the broker refuses the certificate of this device (${refusal}); is the bundle current?`;
    return { kind: 'refused', refused: 'certificate', words };
  }
  if (error.code === sessionTakenOver) return { kind: 'taken over', words: 'two devices use the same bundle' };
  if (error.code === 'CERT_NOT_YET_VALID') {
    const now = new Date().toISOString();
    return { kind: 'clock behind', words: `the certificate is not yet valid: the clock is behind (${now})` };
  }
  return lost(`no connection: ${wordsOf(error)}`);
}

/**
 * @param {string} words
 * @returns {Ending}
 */
function lost(words) {
  return { kind: 'lost', words };
}

/** @param {unknown} error */
function wordsOf(error) {
  const { message, code } = /** @type {{ message?: string, code?: unknown }} */ (error);
  return message || String(code ?? error);
}

/**
 * @param {Buffer} payload
 * @returns {{ [field: string]: unknown } | undefined}
 */
function readObject(payload) {
  try {
    const value = JSON.parse(payload.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Source: MQTT 5.0, section 4.7.
 *
 * @param {string} filter
 * @param {string} topic
 */
function matches(filter, topic) {
  const levels = topic.split('/');
  const wanted = filter.split('/');
  const open = wanted.at(-1) === '#';
  const fixed = open ? wanted.slice(0, -1) : wanted;
  if (open ? levels.length < fixed.length : levels.length !== fixed.length) return false;
  return fixed.every((level, index) => level === '+' || level === levels[index]);
}

/**
 * @param {number} least
 * @param {number} most
 */
function between(least, most) {
  return least + Math.random() * (most - least);
}

async function main() {
  const seconds = /** @type {const} */ ({ type: 'string' });
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      interval: seconds,
      retry: seconds,
      'longest-retry': seconds,
      'refused-retry': seconds,
      reread: seconds,
    },
  });
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) {
    console.error(
      'node device.mjs FOLDER [--interval S] [--retry S] [--longest-retry S] [--refused-retry S] [--reread S]',
    );
    process.exit(2);
  }
  const named = {
    intervalSeconds: values.interval,
    retrySeconds: values.retry,
    longestRetrySeconds: values['longest-retry'],
    refusedRetrySeconds: values['refused-retry'],
    rereadSeconds: values.reread,
  };
  const given = Object.entries(named).filter(([, value]) => value !== undefined);
  const device = new Device(folder, Object.fromEntries(given.map(([name, value]) => [name, Number(value)])));
  device.on('log', (line) => console.log(line));
  for (const signal of ['SIGTERM', 'SIGINT']) process.once(signal, () => device.stop());
  await device.start();
}

if (process.argv[1] && import.meta.url === pathToFileURL(realpathSync(process.argv[1])).href) await main();
