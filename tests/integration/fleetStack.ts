/** A deployed broker with a fleet of connected devices, and what must stay as it is when a change goes wrong. */

import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { devicePassword } from '../../fleet/secrets';
import { execute } from '../../operate/docker';
import { accepted } from './clients';
import { Link } from './link';
import { docker, freePorts, type Outcome, Project } from './project';

export interface Pi {
  id: string;
  generation?: number;
  role?: string;
}

/** `pi-01`, `pi-02` and so on. */
export function pis(count: number): Pi[] {
  return Array.from({ length: count }, (_, index) => ({ id: `pi-${String(index + 1).padStart(2, '0')}` }));
}

export class FleetStack {
  readonly project = new Project();
  stack = '';
  private ports: number[] = [];
  private rootSecret = '';
  private readonly links = new Map<string, Link>();

  async deploy(fleet: readonly Pi[]): Promise<void> {
    this.ports = await freePorts(2);
    this.stack = `test-${this.ports[0]}`;
    this.configure(fleet);
    await this.project.must('up', this.stack);
    this.rootSecret = (await this.project.outputs(this.stack)).enrolment.rootSecret;
  }

  get container(): string {
    return `aipi-mqtt-${this.stack}`;
  }

  configure(devices: unknown, more: Record<string, unknown> = {}): void {
    const [accounts, forDevices] = this.ports;
    const listeners = [{ port: accounts }, { port: forDevices, clients: 'devices' }];
    this.project.configure(this.stack, { listeners, devices, ...more });
  }

  /** The stack file as it stands. */
  read(): string {
    return readFileSync(this.project.stackFile(this.stack), 'utf8');
  }

  write(file: string): void {
    writeFileSync(this.project.stackFile(this.stack), file);
  }

  /** Updates to another fleet. */
  change(devices: unknown, more: Record<string, unknown> = {}, ...words: string[]): Promise<Outcome> {
    this.configure(devices, more);
    return this.project.run('up', this.stack, ...words);
  }

  /** The same, when it must succeed. */
  async mustChange(devices: unknown): Promise<void> {
    this.configure(devices);
    await this.project.must('up', this.stack);
  }

  /** Connects each device that is not connected; it stays so unless somebody disconnects it. */
  async connect(fleet: readonly Pi[]): Promise<void> {
    for (const pi of fleet) {
      const known = this.links.get(pi.id);
      if (known === undefined || known.closed) this.links.set(pi.id, await Link.open(this.url, this.login(pi)));
    }
  }

  /** Ids of the devices that are connected and served: each publishes, and the broker answers. */
  async served(): Promise<string[]> {
    const open = [...this.links].filter(([, link]) => !link.closed);
    await Promise.all(open.map(([id, link]) => link.publish(`device/${id}/data`, 'here')));
    return open.map(([id]) => id).sort();
  }

  /** Those of the devices that may log in now, by a connection that takes the place of the one before. */
  async welcome(fleet: readonly Pi[]): Promise<Pi[]> {
    const answers = await Promise.all(fleet.map((pi) => accepted(this.url, this.login(pi))));
    return fleet.filter((_, index) => answers[index]);
  }

  /** Waits until the broker answers; one that was killed is started again by the engine. */
  async awake(): Promise<void> {
    for (let tries = 0; ; tries += 1) {
      try {
        await this.welcome([{ id: 'nobody' }]);
        return;
      } catch (error) {
        if (tries === 1200) throw error;
        await sleep(50);
      }
    }
  }

  /** All that a refused change must leave as it is. */
  async standing() {
    const container = docker.getContainer(this.container);
    const { Id, State, RestartCount } = await container.inspect();
    const { output } = await execute(container, ['readlink', '/mosquitto/config/deployed/current']);
    return { Id, StartedAt: State.StartedAt, RestartCount, current: output.trim() };
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.links.values()].map((link) => link.end()));
    await this.project.dispose();
  }

  private get url(): string {
    return `mqtt://127.0.0.1:${this.ports[1]}`;
  }

  private login({ id, generation = 1 }: Pi) {
    return { username: id, clientId: id, password: devicePassword(this.rootSecret, { id, generation }) };
  }
}
