/** A broker with devices whose ids try to be taken for one another, and everybody who may connect to it. */

import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { IClientOptions } from 'mqtt';
import { devicePassword } from '../../fleet/secrets';
import { may, rulesOf, rulesWith } from '../property/oracle';
import { accepted } from './clients';
import { Link } from './link';
import { freePorts, Project } from './project';

export type Version = 4 | 5;

const deviceRules = [
  'write device/{id}/data',
  'write device/{id}/status',
  'write langchain/response/{id}',
  'write system/alerts/{id}',
  'read device/control',
  'read langchain/process/{id}',
  'read system/server/status',
];

const gatewayRules = [
  'read device/+/data',
  'deny device/-/data',
  'write device/{id}/data',
  'readwrite {id}/inbox/#',
  'read device/control',
];

const accountRules = new Map<string, string[]>([
  ['aisa_server', ['readwrite #']],
  [
    'aisa_rpi',
    [
      'read device/control',
      'write device/+/data',
      'write device/+/status',
      'read langchain/process/+',
      'write langchain/response/+',
    ],
  ],
  // A name that could be a device's.
  ['pi-2', ['read device/control']],
  ['monitor', ['read $SYS/#']],
]);

/** Some ids are words of topics, some are names that every object of JavaScript has. */
const roles = new Map([
  ['pi-1', 'device'],
  ['pi-10', 'device'],
  ['pi.1', 'device'],
  ['PI-1', 'device'],
  ['-', 'device'],
  ['a', 'gateway'],
  ['constructor', 'gateway'],
  ['control', 'device'],
  ['x'.repeat(64), 'gateway'],
]);

export const ids = [...roles.keys()];
export const accounts = [...accountRules.keys()];

/** Every kind of topic, with the id of each device, the names of two accounts and somebody unknown in its place. */
export const topics = [
  ...[...ids, 'aisa_rpi', 'pi-2', 'nobody'].flatMap((object) => [
    `device/${object}/data`,
    `device/${object}/status`,
    `langchain/process/${object}`,
    `langchain/response/${object}`,
    `system/alerts/${object}`,
    `${object}/inbox/letter`,
    `device/${object}`,
    `device/${object}/data/more`,
  ]),
  'system/server/status',
  'langchain/process',
  'other/control',
  'test/topic',
].filter((topic, index, all) => all.indexOf(topic) === index);

/** What the configuration says that a device or an account may do. */
export function allowed(user: string, access: 'read' | 'write', topic: string): boolean {
  const lines = accountRules.get(user) ?? (roles.get(user) === 'gateway' ? gatewayRules : deviceRules);
  return may(rulesWith(rulesOf(lines), user), access, topic);
}

interface Outputs {
  accounts: Record<string, string>;
  devices: Record<string, { password: string }>;
  enrolment: { rootSecret: string };
}

export class IsolationStack {
  private readonly project = new Project();
  private readonly links: Link[] = [];
  private ports: number[] = [];
  private readonly passwords = new Map<string, string>();
  private authority = '';
  /** The outputs of the stack. */
  outputs: Outputs = { accounts: {}, devices: {}, enrolment: { rootSecret: '' } };

  async up(): Promise<void> {
    this.ports = await freePorts(3);
    const [plain, device, tls] = this.ports;
    const stack = `test-${plain}`;
    // Half of the devices stand in the stack's own configuration, the others in a file: it must make no difference.
    const inFile = ids.filter((_, index) => index % 2 === 0);
    const lines = inFile.map((id) => `${id},${id === 'control' ? '' : roles.get(id)},${id}`);
    writeFileSync(join(this.project.folder, 'fleet.csv'), ['id,role,metadata.place', ...lines].join('\n'));
    this.project.configure(stack, {
      listeners: [{ port: plain }, { port: device, clients: 'devices' }, { port: tls, clients: 'devices', tls: true }],
      dnsNames: ['broker.example.org'],
      accounts: accounts.map((username) => ({ username, topics: accountRules.get(username) })),
      roles: [
        { name: 'device', topics: deviceRules },
        { name: 'gateway', topics: gatewayRules },
      ],
      devices: ids.filter((id) => !inFile.includes(id)).map((id) => ({ id, role: roles.get(id) })),
      devicesFile: 'fleet.csv',
    });
    await this.project.must('up', stack);
    const outputs = await this.project.outputs(stack);
    this.outputs = outputs;
    this.authority = outputs.caCertificate;
    for (const [username, password] of Object.entries(this.outputs.accounts)) this.passwords.set(username, password);
    for (const id of ids) this.passwords.set(id, devicePassword(outputs.enrolment.rootSecret, { id, generation: 1 }));
  }

  /** A connection of an account, on the listener for accounts. */
  account(username: string, options: IClientOptions = {}): Promise<Link> {
    return this.open(this.urls.accounts, username, options);
  }

  /** A connection of a device: MQTT 3.1.1 on the plain listener, MQTT 5 on the one with TLS. */
  device(id: string, protocolVersion: Version, options: IClientOptions = {}): Promise<Link> {
    const url = protocolVersion === 4 ? this.urls.devices : this.urls.devicesTls;
    return this.open(url, id, { protocolVersion, ...options });
  }

  private async open(url: string, username: string, options: IClientOptions): Promise<Link> {
    const password = this.passwords.get(username);
    const link = await Link.open(url, { username, password, ...this.tls, ...options });
    this.links.push(link);
    return link;
  }

  /** Whether a login with the password of somebody is accepted. */
  accepts(url: string, username: string, owner: string): Promise<boolean> {
    return accepted(url, { username, password: this.passwords.get(owner), ...this.tls });
  }

  private get tls() {
    return { ca: this.authority, servername: 'broker.example.org' };
  }

  get urls() {
    const [accounts, devices, devicesTls] = this.ports;
    return {
      accounts: `mqtt://127.0.0.1:${accounts}`,
      devices: `mqtt://127.0.0.1:${devices}`,
      devicesTls: `mqtts://127.0.0.1:${devicesTls}`,
    };
  }

  /** Ends every connection that is still there. */
  async disconnect(): Promise<void> {
    await Promise.all(this.links.splice(0).map((link) => link.end()));
  }

  dispose(): Promise<void> {
    return this.project.dispose();
  }
}
