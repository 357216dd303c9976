/**
 * A throw-away Mosquitto for clients of devices: TLS from a certificate authority of its own, a plain listener for
 * accounts, and one for devices, on which the user name is the client id. It keeps nothing: a restart ends all sessions.
 */

import { createHash, generateKeyPairSync, type KeyObject, randomBytes, sign } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { constants, runInThisContext } from 'node:vm';
import type Docker from 'dockerode';
import mqtt, { type MqttClient } from 'mqtt';
import { pack } from 'tar-stream';
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
`;

export class ReferenceBroker {
  private readonly rootSecret = randomBytes(32).toString('base64');
  /** Id of each device that may log in, to the generation of its password. */
  private readonly generations = new Map<string, number>();
  private starts = 0;
  private changes: Promise<void> = Promise.resolve();

  private constructor(
    private readonly container: Docker.Container,
    readonly accountsPort: number,
    readonly devicesPort: number,
    private readonly authority: Authority,
  ) {}

  /** @param ids devices that may log in, with passwords of the first generation */
  static async start(ids: readonly string[]): Promise<ReferenceBroker> {
    const [accounts = 0, devices = 0] = await freePorts(2);
    const container = await docker.createContainer({
      name: `aipi-reference-${accounts}`,
      Image: image,
      User: `${owner}:${owner}`,
      ExposedPorts: { '1883/tcp': {}, '8883/tcp': {} },
      Cmd: ['mosquitto', '-c', `${folder}/mosquitto.conf`],
      HostConfig: {
        CapDrop: ['ALL'],
        PortBindings: {
          '1883/tcp': [{ HostIp: '127.0.0.1', HostPort: String(accounts) }],
          '8883/tcp': [{ HostIp: '127.0.0.1', HostPort: String(devices) }],
        },
      },
    });
    const broker = new ReferenceBroker(container, accounts, devices, new Authority());
    try {
      for (const id of ids) broker.generations.set(id, 1);
      await broker.put(folder, {
        'mosquitto.conf': configuration,
        'accounts.passwords': renderPasswords([server]),
        'accounts.acl': `user ${server.username}\ntopic readwrite #\n`,
        'devices.passwords': broker.passwords(),
        'devices.acl': role.rules.map(({ access, topic }) => `pattern ${access} ${fill(topic, '%u')}\n`).join(''),
        ...broker.authority.server(),
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

  /** What a device gets, at any generation, whether it may log in or not. */
  bundle(id: string, generation = 1): Bundle {
    const device: Device = { id, generation, role: role.name, metadata: {} };
    const enrolment: Enrolment = {
      host: '127.0.0.1',
      port: this.devicesPort,
      tls: true,
      certificateAuthority: this.authority.certificate,
      rootSecret: this.rootSecret,
      roles: [role],
    };
    return {
      facts: deviceFacts(enrolment, device),
      password: devicePassword(this.rootSecret, device),
      ca: this.authority.certificate,
    };
  }

  /** Makes the broker accept another generation of a device's password, and no other. */
  async rotate(id: string, generation: number): Promise<void> {
    this.generations.set(id, generation);
    await this.change(() => ({ 'devices.passwords': this.passwords() }));
  }

  /** Gives the broker another certificate, valid from some time on. */
  async certify(from: Date): Promise<void> {
    await this.change(() => this.authority.server(from));
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
export function writeBundle(path: string, { facts, password, ca }: Bundle): string {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'device.json'), JSON.stringify(facts));
  writeFileSync(join(path, 'password'), password, { mode: 0o600 });
  if (ca !== undefined) writeFileSync(join(path, 'ca.pem'), ca);
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
  readonly certificate = this.sign('reference CA', this.keys.publicKey, hoursAgo(1), [
    extension('551d13', '30030101ff', true),
    extension('551d0f', '03020106', true),
  ]);

  /** Certificate and key of a broker at 127.0.0.1 and `broker.test`, as files. */
  server(from = hoursAgo(1)): Record<string, string> {
    const { publicKey, privateKey } = newPair();
    const names = sequence(element(0x82, Buffer.from('broker.test')), element(0x87, Buffer.from([127, 0, 0, 1])));
    const certificate = this.sign('reference broker', publicKey, from, [
      extension('551d13', '3000', true),
      extension('551d25', '300a06082b06010505070301'),
      extension('551d11', names.toString('hex')),
      extension('551d23', sequence(element(0x80, keyId(this.keys.publicKey))).toString('hex')),
    ]);
    return {
      'server.pem': certificate,
      'server.key': privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    };
  }

  private sign(subject: string, key: KeyObject, from: Date, extensions: Buffer[]): string {
    const until = new Date(from.getTime() + 24 * 3_600_000);
    const body = sequence(
      element(0xa0, element(0x02, Buffer.from([2]))),
      element(0x02, Buffer.concat([Buffer.from([1]), randomBytes(15)])),
      ecdsaWithSha256,
      name('reference CA'),
      sequence(time(from), time(until)),
      name(subject),
      key.export({ type: 'spki', format: 'der' }),
      element(0xa3, sequence(...extensions, extension('551d0e', element(0x04, keyId(key)).toString('hex')))),
    );
    const signature = element(0x03, Buffer.from([0]), sign('sha256', body, this.keys.privateKey));
    const der = sequence(body, ecdsaWithSha256, signature).toString('base64');
    return `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`;
  }
}

function newPair(): Pair {
  return generateKeyPairSync('ec', { namedCurve: 'P-256' });
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
