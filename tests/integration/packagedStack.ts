/** A stack of the product on a packaged Mosquitto: its files as they would be delivered, and who logs in with what. */

import type { IClientOptions } from 'mqtt';
import { deviceFiles } from '../../fleet/files';
import { devicePassword } from '../../fleet/secrets';
import type { BrokerFiles } from '../../mosquitto/files';
import type { Layout } from '../../mosquitto/layout';
import { endpoint, type Listener } from '../../mosquitto/listeners';
import { renderFiles } from '../../mosquitto/render';
import type { Settings } from '../../settings';
import { Link } from './link';
import { PackagedBroker, type Packages } from './packagedBroker';

const rootSecret = Buffer.alloc(32, 5).toString('base64');

/** What a test may change of a stack that runs. */
export interface Change {
  settings?: Settings;
  /** Files in the place of those that would be written; undefined for one that is missing. */
  files?: Record<string, string | undefined>;
  /** Passwords of accounts, where they are others. */
  passwords?: Record<string, string>;
}

export class PackagedStack {
  readonly broker: PackagedBroker;

  private constructor(
    packages: Packages,
    private settings: Settings,
    private readonly certificates: BrokerFiles,
  ) {
    this.broker = new PackagedBroker(packages);
  }

  static async start(packages: Packages, settings: Settings, certificates: BrokerFiles = {}): Promise<PackagedStack> {
    const stack = new PackagedStack(packages, settings, certificates);
    try {
      await stack.broker.start((layout) => stack.filesIn(layout, {}));
      return stack;
    } catch (error) {
      await stack.broker.remove();
      throw error;
    }
  }

  async reload(change: Change = {}): Promise<void> {
    this.settings = change.settings ?? this.settings;
    await this.broker.reload((layout) => this.filesIn(layout, change));
  }

  /** The URL of the listener at a place in the settings. */
  url(index: number): string {
    return endpoint(this.settings.listeners[index] as Listener, undefined);
  }

  /** Connects to a listener as one of its users, whose password is its own. */
  link(index: number, username: string, options: IClientOptions = {}): Promise<Link> {
    return Link.open(this.url(index), this.login(index, username, options));
  }

  login(index: number, username: string, options: IClientOptions = {}): IClientOptions {
    const isDevice = this.settings.listeners[index]?.clients === 'devices';
    const password = isDevice ? devicePassword(rootSecret, { id: username, generation: 1 }) : passwordOf(username);
    return { username, password, rejectUnauthorized: false, ...options };
  }

  /** What the broker complains of. */
  get complaints(): string[] {
    return this.broker.log.split('\n').filter((line) => /: (Error|Warning: (?!ACL pattern))/.test(line));
  }

  remove(): Promise<void> {
    return this.broker.remove();
  }

  private filesIn(layout: Layout, { files = {}, passwords = {} }: Change): BrokerFiles {
    const { accounts, roles, devices, listeners } = this.settings;
    const model = { ...this.settings, layout, release: this.broker.release, binding: 'bound' as const };
    const users = accounts.map((account) => ({
      ...account,
      password: passwords[account.username] ?? passwordOf(account.username),
    }));
    const isForDevices = listeners.some(({ clients }) => clients === 'devices');
    const all = {
      ...renderFiles(model, users, this.certificates),
      ...(isForDevices && deviceFiles(roles, devices, rootSecret, undefined)),
      ...files,
    };
    return Object.fromEntries(
      Object.entries(all).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
    );
  }
}

function passwordOf(username: string): string {
  return `password of ${username}`;
}
