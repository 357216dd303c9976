/** A throw-away broker with the product's own configuration, whose accounts and devices change as often as a test likes. */

import { randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import { deviceFiles } from '../../fleet/files';
import { devicePassword } from '../../fleet/secrets';
import type { AclRule, UserAcl } from '../../mosquitto/acl';
import { defaultsOf } from '../../mosquitto/configKey';
import type { ConfigurationModel } from '../../mosquitto/configuration';
import { currentFolder } from '../../mosquitto/files';
import { limitKeys } from '../../mosquitto/limits';
import { listenerKeys } from '../../mosquitto/listeners';
import { loggingKeys } from '../../mosquitto/logging';
import { persistenceKeys } from '../../mosquitto/persistence';
import { renderFiles } from '../../mosquitto/render';
import { execute } from '../../operate/docker';
import type { Fleet } from '../property/fleets';
import { Link } from './link';
import { docker, freePorts } from './project';

const owner = 1883;
/** No stack has an account of this name: the checks of the product have it for themselves. */
const server = { username: 'aipi_verify', password: newPassword() };
/** Everything, and the topics that begin with `$`, which `#` does not match. */
const serverRules: AclRule[] = [
  { access: 'readwrite', topic: '#' },
  ...['$SYS/#', '$SYSX/#', '$x/#', '$CONTROL/#'].map((topic) => ({ access: 'read' as const, topic })),
];

const common = {
  protocol: 'mqtt',
  bindAddress: '127.0.0.1',
  tls: false,
  ...defaultsOf(listenerKeys),
  insecurePlaintext: false,
  unfiltered: false,
} as const;
const model: ConfigurationModel = {
  listeners: [
    { ...common, port: 1883, clients: 'accounts' },
    { ...common, port: 1884, clients: 'devices' },
  ],
  serverKeyType: 'ec',
  limits: { ...defaultsOf(limitKeys), maxConnections: 100 },
  persistence: { ...defaultsOf(persistenceKeys), persistence: false },
  logging: { ...defaultsOf(loggingKeys), connectionMessages: false },
  // What the broker says of itself is there soon.
  extraOptions: ['sys_interval 1'],
};

function newPassword(): string {
  return randomBytes(32).toString('base64url');
}

export class LawBroker {
  private rootSecret = '';

  private constructor(
    private readonly container: Docker.Container,
    private readonly ports: number[],
  ) {}

  static async start(): Promise<LawBroker> {
    const ports = await freePorts(2);
    const container = await docker.createContainer({
      name: `test-${ports[0]}`,
      Image: 'eclipse-mosquitto:2.1.2',
      User: `${owner}:${owner}`,
      ExposedPorts: { '1883/tcp': {}, '1884/tcp': {} },
      Cmd: ['mosquitto', '-c', `${currentFolder}/mosquitto.conf`],
      HostConfig: {
        CapDrop: ['ALL'],
        PortBindings: {
          '1883/tcp': [{ HostIp: '127.0.0.1', HostPort: String(ports[0]) }],
          '1884/tcp': [{ HostIp: '127.0.0.1', HostPort: String(ports[1]) }],
        },
      },
    });
    const broker = new LawBroker(container, ports);
    try {
      await broker.put(renderFiles(model, [{ ...server, rules: serverRules }]));
      await broker.put(broker.filesOf({ roles: [{ name: 'device', rules: [] }], devices: [] }));
      await container.start();
      await until(() => broker.server());
      return broker;
    } catch (error) {
      await broker.remove();
      throw error;
    }
  }

  /**
   * Gives the broker another fleet and other accounts, and returns a connection of each device and then of each account,
   * in their order.
   */
  async deploy(fleet: Fleet, accounts: readonly UserAcl[] = []): Promise<Link[]> {
    const users = accounts.map((account) => ({ ...account, password: newPassword() }));
    await this.put({ ...renderFiles(model, [{ ...server, rules: serverRules }, ...users]), ...this.filesOf(fleet) });
    // The engine's own way to signal would end the restart policy of a real broker.
    await execute(this.container, ['kill', '-HUP', '1']);
    // Passwords and rules are read in one go, and each fleet has passwords of its own: a login is the proof of both.
    return Promise.all([
      ...fleet.devices.map((device) => until(() => this.device(device.id, device.generation))),
      ...users.map((user) => until(() => this.account(user))),
    ]);
  }

  /** A connection of somebody who may read everything, and publish to every topic of clients. */
  server(): Promise<Link> {
    return this.account(server);
  }

  /** Where accounts log in, and by what that somebody does. */
  get login(): { port: number; username: string; password: string } {
    return { port: this.ports[0] ?? 0, ...server };
  }

  async remove(): Promise<void> {
    await this.container.remove({ force: true, v: true });
  }

  private account({ username, password }: { username: string; password: string }): Promise<Link> {
    return Link.open(`mqtt://127.0.0.1:${this.ports[0]}`, { username, password });
  }

  private device(id: string, generation: number): Promise<Link> {
    const password = devicePassword(this.rootSecret, { id, generation });
    return Link.open(`mqtt://127.0.0.1:${this.ports[1]}`, { username: id, clientId: id, password });
  }

  private filesOf({ roles, devices }: Fleet) {
    this.rootSecret = randomBytes(32).toString('base64');
    return deviceFiles(roles, devices, this.rootSecret, undefined);
  }

  private async put(files: Record<string, string>): Promise<void> {
    const archive = pack();
    const [, ...folders] = currentFolder.split('/');
    for (const depth of folders.keys()) {
      const name = folders.slice(0, depth + 1).join('/');
      archive.entry({ name, type: 'directory', mode: 0o755, uid: owner, gid: owner });
    }
    for (const [name, text] of Object.entries(files))
      archive.entry({ name: `${folders.join('/')}/${name}`, mode: 0o600, uid: owner, gid: owner }, text);
    archive.finalize();
    await this.container.putArchive(await buffer(archive), { path: '/' });
  }
}

async function until<T>(task: () => Promise<T>): Promise<T> {
  for (let tries = 0; ; tries += 1) {
    try {
      return await task();
    } catch (error) {
      if (tries === 200) throw error;
      await sleep(25);
    }
  }
}
