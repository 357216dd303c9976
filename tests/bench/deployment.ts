/** A deployed stack of the product, driven by the engine itself: what set-up adds is not measured here. */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Device } from '../../fleet/device';
import { CommandFailed, type Pulumi, pulumi, run } from '../../setup/pulumi';
import { docker, freePorts, leftovers, Project } from '../integration/project';
import { later } from './cleanup';

/** How long an update took, in milliseconds, and its two programs of it. */
export interface Duration {
  total: number;
  delivery: number;
  verification: number;
}

export class Deployment {
  private running: ChildProcess | undefined;

  private constructor(
    private readonly engine: Pulumi,
    private readonly project: Project,
    private readonly stack: string,
    readonly accountsPort: number,
    readonly devicesPort: number,
  ) {}

  /** A stack that is not deployed yet, with a listener for accounts and one for devices. */
  static async make(config: Record<string, unknown> = {}): Promise<Deployment> {
    const found = await pulumi();
    const project = new Project();
    const environment = { ...found.environment, ...project.engineEnvironment } as Record<string, string>;
    const [accounts = 0, devices = 0] = await freePorts(2);
    const deployment = new Deployment({ bin: found.bin, environment }, project, `bench-${accounts}`, accounts, devices);
    later(() => deployment.dispose());
    project.configure(deployment.stack, {
      listeners: [{ port: accounts }, { port: devices, clients: 'devices' }],
      devicesFile: 'devices.csv',
      maxRevokedDevicesPercent: 100,
      ...config,
    });
    await run(deployment.engine, ['stack', 'init', deployment.stack], 'returned', project.folder);
    return deployment;
  }

  get folder(): string {
    return this.project.folder;
  }

  /** Writes the list of devices; the next update deploys it. */
  list(devices: readonly Pick<Device, 'id' | 'generation' | 'role'>[]): void {
    const lines = devices.map(({ id, generation, role }) => `${id},${generation},${role}\n`);
    writeFileSync(join(this.folder, 'devices.csv'), `id,generation,role\n${lines.join('')}`);
  }

  /** Runs `pulumi up`. */
  async up(): Promise<Duration> {
    const started = performance.now();
    const seen = new Map<string, number>();
    await this.run(['up', '--yes', '--skip-preview'], (line) => {
      const [, name, word] = line.match(/Command (\S+) (creating|updating|created|updated) /) ?? [];
      if (name !== undefined && word !== undefined) seen.set(`${name} ${word.slice(-3)}`, performance.now());
    });
    const took = (name: string) => (seen.get(`${name} ted`) ?? 0) - (seen.get(`${name} ing`) ?? 0);
    return {
      total: performance.now() - started,
      delivery: took('mqtt-configuration-delivery'),
      verification: took('mqtt-verification-run'),
    };
  }

  /** Runs `pulumi preview`, and returns how many milliseconds it took. */
  async preview(): Promise<number> {
    const started = performance.now();
    await this.run(['preview']);
    return performance.now() - started;
  }

  async outputs() {
    const lines: string[] = [];
    await this.run(['stack', 'output', '--json', '--show-secrets'], (line) => lines.push(line));
    return JSON.parse(lines.join('\n'));
  }

  /** The state as it stands on the disk. */
  state(): string {
    return this.project.state(this.stack);
  }

  private run(args: readonly string[], heard: (line: string) => void = () => {}): Promise<void> {
    return new Promise((resolve, reject) => {
      const { bin, environment } = this.engine;
      const child = spawn(bin, [...args, '--stack', this.stack, '--non-interactive'], {
        cwd: this.folder,
        env: { ...process.env, ...environment },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      this.running = child;
      const said: string[] = [];
      createInterface(child.stdout).on('line', (line) => {
        said.push(line);
        heard(line);
      });
      createInterface(child.stderr).on('line', (line) => said.push(line));
      child.once('error', reject);
      child.once('close', (code) => {
        this.running = undefined;
        if (code === 0) resolve();
        else reject(new CommandFailed(code ?? 1, said.slice(-40).join('\n')));
      });
    });
  }

  /** What is left where the stack itself could not be destroyed goes, too. */
  private async dispose(): Promise<void> {
    if (this.running?.kill('SIGINT') === true) await once(this.running, 'close');
    await this.project.dispose();
    const prefix = `aipi-mqtt-${this.stack}`;
    if ((await leftovers(prefix)).length === 0) return;
    await docker
      .getContainer(prefix)
      .remove({ force: true, v: true })
      .catch(() => {});
    for (const volume of [`${prefix}-configuration`, `${prefix}-data`]) {
      await docker
        .getVolume(volume)
        .remove()
        .catch(() => {});
    }
  }
}
