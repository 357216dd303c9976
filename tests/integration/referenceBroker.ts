/**
 * A throw-away Mosquitto for clients of devices: TLS from certificate authorities of its own, a plain listener for
 * accounts, one for devices, on which the user name is the client id, and one on which devices prove who they are by
 * certificates. It keeps nothing: a restart ends all sessions.
 */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign, X509Certificate } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, runInThisContext } from 'node:vm';
import type Docker from 'dockerode';
import mqtt, { type MqttClient } from 'mqtt';
import { pack } from 'tar-stream';
import type { ClientCertificate } from '../../certificates/client';
import type { Bundle } from '../../examples/node/device.mjs';
import type { Device } from '../../fleet/device';
import { deviceFacts, type Enrolment } from '../../fleet/enrolment';
import { fill, type Role } from '../../fleet/role';
import { devicePassword } from '../../fleet/secrets';
import { renderPasswords } from '../../mosquitto/passwords';
import { execute, logs } from '../../operate/docker';
import { docker, freePorts } from './project';

const image = 'eclipse-mosquitto:2.1.2';
const folder = '/mosquitto/config/reference';
/** Where new files wait until all of them are there. */
const stage = `${folder}/new`;
/** User and group of the image's broker. */
const owner = 1883;

/** The topics that the guide gives to a Raspberry Pi, on its own id. */
const role: Role = {
  name: 'device',
  rules: [
    { access: 'read', topic: 'device/control' },
    { access: 'write', topic: 'device/{id}/data' },
    { access: 'write', topic: 'device/{id}/status' },
    { access: 'read', topic: 'langchain/process/{id}' },
    { access: 'write', topic: 'langchain/response/{id}' },
  ],
};

const server = { username: 'aisa_server', password: randomBytes(32).toString('base64url') };

const configuration = `
allow_anonymous false
set_tcp_nodelay true
log_dest stdout
max_queued_messages 50000
plugin_load accounts_passwords /usr/lib/mosquitto_password_file.so
plugin_opt_password_file ${folder}/accounts.passwords
plugin_load accounts_acl /usr/lib/mosquitto_acl_file.so
plugin_opt_acl_file ${folder}/accounts.acl
plugin_load devices_passwords /usr/lib/mosquitto_password_file.so
plugin_opt_password_file ${folder}/devices.passwords
plugin_load devices_acl /usr/lib/mosquitto_acl_file.so
plugin_opt_acl_file ${folder}/devices.acl

listener 1883
plugin_use accounts_passwords
plugin_use accounts_acl

listener 8883
use_username_as_clientid true
certfile ${folder}/server.pem
keyfile ${folder}/server.key
tls_version tlsv1.2
plugin_use devices_passwords
plugin_use devices_acl

listener 8884
require_certificate true
use_identity_as_username true
use_username_as_clientid true
cafile ${folder}/clients.pem
crlfile ${folder}/clients.crl
certfile ${folder}/server.pem
keyfile ${folder}/server.key
tls_version tlsv1.2
plugin_use devices_acl
`;

export class ReferenceBroker {
  private readonly rootSecret = randomBytes(32).toString('base64');
  /** Id of each device that may log in, to the generation of its password. */
  private readonly generations = new Map<string, number>();
  private starts = 0;
  private changes: Promise<void> = Promise.resolve();
  private readonly authority = new Authority('reference CA');
  /** The one that follows. */
  private readonly nextAuthority = new Authority('next reference CA');
  private readonly clientAuthority = new Authority('reference CA of devices');

  private constructor(
    private readonly container: Docker.Container,
    readonly accountsPort: number,
    readonly devicesPort: number,
    readonly certifiedPort: number,
  ) {}

  /** @param ids devices that may log in, with passwords of the first generation */
  static async start(ids: readonly string[]): Promise<ReferenceBroker> {
    const [accounts = 0, devices = 0, certified = 0] = await freePorts(3);
    const container = await docker.createContainer({
      name: `aipi-reference-${accounts}`,
      Image: image,
      User: `${owner}:${owner}`,
      ExposedPorts: { '1883/tcp': {}, '8883/tcp': {}, '8884/tcp': {} },
      Cmd: ['mosquitto', '-c', `${folder}/mosquitto.conf`],
      HostConfig: {
        CapDrop: ['ALL'],
        PortBindings: {
          '1883/tcp': [{ HostIp: '127.0.0.1', HostPort: String(accounts) }],
          '8883/tcp': [{ HostIp: '127.0.0.1', HostPort: String(devices) }],
          '8884/tcp': [{ HostIp: '127.0.0.1', HostPort: String(certified) }],
        },
      },
    });
    const broker = new ReferenceBroker(container, accounts, devices, certified);
    try {
      for (const id of ids) broker.generations.set(id, 1);
      await broker.put(folder, {
        'mosquitto.conf': configuration,
        'accounts.passwords': renderPasswords([server]),
        'accounts.acl': `user ${server.username}\ntopic readwrite #\n`,
        'devices.passwords': broker.passwords(),
        'devices.acl': role.rules.map(({ access, topic }) => `pattern ${access} ${fill(topic, '%u')}\n`).join(''),
        ...broker.authority.server(),
        'clients.pem': broker.clientAuthority.certificate,
        'clients.crl': broker.clientAuthority.revocations(),
      });
      await container.start();
      await broker.running();
      return broker;
    } catch (error) {
      await broker.remove();
      throw error;
    }
  }

  async remove(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }

  /** Certificates that devices trust, PEM: those of today, of the time of a change, and of later. */
  get trusted(): Record<'old' | 'both' | 'new', string> {
    const [old, next] = [this.authority.certificate, this.nextAuthority.certificate];
    return { old, both: old + next, new: next };
  }

  /**
   * What a device gets, at any generation, whether it may log in or not.
   *
   * @param certificate for the listener that requires one; null for the other
   */
  bundle(
    id: string,
    generation = 1,
    ca = this.authority.certificate,
    certificate: ClientCertificate | null = null,
  ): Bundle {
    const device: Device = { id, generation, role: role.name, metadata: {} };
    const enrolment: Enrolment = {
      host: '127.0.0.1',
      port: certificate === null ? this.devicesPort : this.certifiedPort,
      tls: true,
      certificateAuthority: ca,
      rootSecret: this.rootSecret,
      roles: [role],
      clientCertificates:
        certificate === null
          ? null
          : { authority: { certificate: this.clientAuthority.certificate, privateKey: '' }, validityHours: 24 },
    };
    return {
      facts: deviceFacts(enrolment, device, certificate),
      password: devicePassword(this.rootSecret, device),
      ca,
      certificate: certificate?.certificate,
      privateKey: certificate?.privateKey,
    };
  }

  /** A certificate of a device, of the authority that the broker trusts. */
  issue(id: string, from = hoursAgo(1), hours = 24): ClientCertificate {
    return this.clientAuthority.client(id, from, hours);
  }

  /** A certificate of a device that no broker trusts. */
  forge(id: string): ClientCertificate {
    return new Authority('another CA').client(id, hoursAgo(1), 24);
  }

  /** Makes the broker refuse a certificate from now on. */
  async revoke({ certificate }: ClientCertificate): Promise<void> {
    this.clientAuthority.revoked.push(new X509Certificate(certificate).serialNumber);
    await this.change(() => ({ 'clients.crl': this.clientAuthority.revocations() }));
  }

  /** Makes the broker accept another generation of a device's password, and no other. */
  async rotate(id: string, generation: number): Promise<void> {
    this.generations.set(id, generation);
    await this.change(() => ({ 'devices.passwords': this.passwords() }));
  }

  /** Gives the broker another certificate, valid from some time on; the old one, or one of the next authority. */
  async certify(from: Date, by: 'old' | 'new' = 'old'): Promise<void> {
    await this.change(() => (by === 'old' ? this.authority : this.nextAuthority).server(from));
  }

  /** Restarts the broker; the ports stay. */
  async restart(): Promise<void> {
    await this.container.restart({ t: 5 });
    await this.running();
  }

  /** A connection of the server's account. */
  server(): Promise<MqttClient> {
    return mqtt.connectAsync(`mqtt://127.0.0.1:${this.accountsPort}`, { ...server, protocolVersion: 5 });
  }

  /** What the broker gives to whoever subscribes only now; undefined for nothing. */
  async retained(topic: string): Promise<string | undefined> {
    const client = await this.server();
    try {
      const message = new Promise<string>((done) => client.once('message', (_, payload) => done(payload.toString())));
      await client.subscribeAsync(topic, { qos: 1 });
      return await Promise.race([message, sleep(1_000, undefined)]);
    } finally {
      await client.endAsync(true);
    }
  }

  log(): Promise<string> {
    return logs(this.container);
  }

  private passwords(): string {
    const credentials = [...this.generations].map(([id, generation]) => ({
      username: id,
      password: devicePassword(this.rootSecret, { id, generation }),
    }));
    return renderPasswords(credentials);
  }

  /**
   * Changes files while the broker runs, one change after the other: it would end on a file that is half there. The
   * engine's own way to signal would end its restart policy.
   */
  private async change(files: () => Record<string, string>): Promise<void> {
    const before = this.changes;
    this.changes = (async () => {
      await before.catch(() => {});
      await this.put(stage, files());
      const move = `mv ${stage}/* ${folder} && kill -HUP 1`;
      const { code, output } = await execute(this.container, ['sh', '-c', move]);
      if (code !== 0) throw new Error(`the broker's files cannot be changed: ${output}`);
    })();
    await this.changes;
  }

  private async put(place: string, files: Record<string, string>): Promise<void> {
    const archive = pack();
    const owned = { uid: owner, gid: owner };
    for (const name of [folder, stage]) archive.entry({ name, type: 'directory', mode: 0o700, ...owned });
    for (const [name, text] of Object.entries(files))
      archive.entry({ name: `${place}/${name}`, mode: 0o600, ...owned }, text);
    archive.finalize();
    await this.container.putArchive(await buffer(archive), { path: '/' });
  }

  /** Waits until the broker has started once more. */
  private async running(): Promise<void> {
    this.starts += 1;
    for (let tries = 0; tries < 100; tries += 1) {
      const said = await this.log();
      if (said.split(/mosquitto version \S+ running/).length > this.starts) return;
      await sleep(50);
    }
    throw new Error(`the broker does not run:\n${await this.log()}`);
  }
}

/** Writes the folder that a device boots with. */
export function writeBundle(path: string, { facts, password, ca, certificate, privateKey }: Bundle): string {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'device.json'), JSON.stringify(facts));
  writeFileSync(join(path, 'password'), password, { mode: 0o600 });
  if (ca !== undefined) writeFileSync(join(path, 'ca.pem'), ca);
  if (certificate !== undefined) writeFileSync(join(path, 'client.pem'), certificate);
  if (privateKey !== undefined) writeFileSync(join(path, 'client.key'), privateKey, { mode: 0o600 });
  return path;
}

/** The Node client, by Node's own loader: Jest's does not know ECMAScript modules. */
export function referenceDevice(): Promise<typeof import('../../examples/node/device.mjs')> {
  const load = runInThisContext('(file) => import(file)', {
    importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER,
  });
  return load(join(__dirname, '../../examples/node/device.mjs'));
}

interface Pair {
  publicKey: KeyObject;
  privateKey: KeyObject;
}

/**
 * A certificate authority whose certificates pass a strict verification, made anew in each run, so that no key stands in
 * the repository. Source of the form: RFC 5280, section 4.
 */
class Authority {
  private readonly keys = newPair();
  readonly certificate: string;
  /** Numbers of the certificates that count no longer, in hex. */
  readonly revoked: string[] = [];

  constructor(private readonly name: string) {
    this.certificate = this.sign(name, this.keys.publicKey, hoursAgo(1), 24, [
      extension('551d13', '30030101ff', true),
      extension('551d0f', '03020106', true),
    ]);
  }

  /** Certificate and key of a broker at 127.0.0.1 and `broker.test`, as files. */
  server(from = hoursAgo(1)): Record<string, string> {
    const { publicKey, privateKey } = newPair();
    const names = sequence(element(0x82, Buffer.from('broker.test')), element(0x87, Buffer.from([127, 0, 0, 1])));
    const certificate = this.sign('reference broker', publicKey, from, 24, [
      extension('551d13', '3000', true),
      extension('551d25', '300a06082b06010505070301'),
      extension('551d11', names.toString('hex')),
      this.keyExtension(),
    ]);
    return { 'server.pem': certificate, 'server.key': pemOf(privateKey) };
  }

  /** Certificate and key of a device. */
  client(id: string, from: Date, hours: number): ClientCertificate {
    const { publicKey, privateKey } = newPair();
    const certificate = this.sign(id, publicKey, from, hours, [
      extension('551d13', '3000', true),
      extension('551d25', '300a06082b06010505070302'),
      this.keyExtension(),
    ]);
    const { validFrom, validTo } = new X509Certificate(certificate);
    const [notBefore = '', notAfter = ''] = [validFrom, validTo].map((each) => new Date(each).toISOString());
    return { certificate, privateKey: pemOf(privateKey), notBefore, notAfter };
  }

  /** The list of what is revoked, PEM. Source of the form: RFC 5280, section 5.1. */
  revocations(): string {
    const each = this.revoked.map((number) => sequence(element(0x02, Buffer.from(number, 'hex')), time(hoursAgo(1))));
    const body = sequence(
      element(0x02, Buffer.from([1])),
      ecdsaWithSha256,
      name(this.name),
      time(hoursAgo(1)),
      time(hoursAgo(-24)),
      ...(each.length === 0 ? [] : [sequence(...each)]),
    );
    return this.signed('X509 CRL', body);
  }

  private keyExtension(): Buffer {
    return extension('551d23', sequence(element(0x80, keyId(this.keys.publicKey))).toString('hex'));
  }

  private sign(subject: string, key: KeyObject, from: Date, hours: number, extensions: Buffer[]): string {
    const until = new Date(from.getTime() + hours * 3_600_000);
    const body = sequence(
      element(0xa0, element(0x02, Buffer.from([2]))),
      element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      ecdsaWithSha256,
      name(this.name),
      sequence(time(from), time(until)),
      name(subject),
      key.export({ type: 'spki', format: 'der' }),
      element(0xa3, sequence(...extensions, extension('551d0e', element(0x04, keyId(key)).toString('hex')))),
    );
    return this.signed('CERTIFICATE', body);
  }

  private signed(label: string, body: Buffer): string {
    const signature = element(0x03, Buffer.from([0]), sign('sha256', body, this.keys.privateKey));
    const der = sequence(body, ecdsaWithSha256, signature).toString('base64');
    return `-----BEGIN ${label}-----\n${der.replace(/.{64}/g, '$&\n').trimEnd()}\n-----END ${label}-----\n`;
  }
}

function newPair(): Pair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
}

function pemOf(key: KeyObject): string {
  return key.export({ type: 'pkcs8', format: 'pem' }).toString();
}

function hoursAgo(hours: number): Date {
  return new Date(Date.now() - hours * 3_600_000);
}

function keyId(key: KeyObject): Buffer {
  return createHash('sha1')
    .update(key.export({ type: 'spki', format: 'der' }))
    .digest();
}

const ecdsaWithSha256 = Buffer.from('300a06082a8648ce3d040302', 'hex');

function name(text: string): Buffer {
  return sequence(element(0x31, sequence(Buffer.from('0603550403', 'hex'), element(0x0c, Buffer.from(text)))));
}

function time(date: Date): Buffer {
  return element(0x17, Buffer.from(`${date.toISOString().replace(/^..|[-:T]|\..*/g, '')}Z`));
}

/** @param value content, in hex */
function extension(id: string, value: string, critical = false): Buffer {
  const flag = critical ? [element(0x01, Buffer.from([0xff]))] : [];
  return sequence(element(0x06, Buffer.from(id, 'hex')), ...flag, element(0x04, Buffer.from(value, 'hex')));
}

function sequence(...parts: Buffer[]): Buffer {
  return element(0x30, ...parts);
}

function element(tag: number, ...parts: Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  return Buffer.concat([Buffer.from([tag, ...lengthOf(content)]), content]);
}

function lengthOf({ length }: Buffer): number[] {
  if (length < 0x80) return [length];
  return length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
}
