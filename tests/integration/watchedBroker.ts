/** A deployed broker with its exporter, to which everything happens that an alert is about. */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, utimesSync } from 'node:fs';
import { connect as connectTcp } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type Docker from 'dockerode';
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { configurationMount, dataMount, deployments } from '../../mosquitto/files';
import { exporterFolder } from '../../watching/exporterContainer';
import { exporterFiles } from '../../watching/exporterSettings';
import { docker, type Project } from './project';

export interface WatchedPorts {
  plain: number;
  /** Where only those log in that are told to. */
  other: number;
  tls: number;
  devices: number;
  exporter: number;
}

const host = 'broker.example.org';

export class WatchedBroker {
  readonly stack: string;
  readonly name: string;
  private passwords: Record<string, string> = {};
  private devicePasswords: Record<string, { password: string }> = {};
  private readonly clients = new Set<MqttClient>();
  private disk: string | undefined;

  constructor(
    readonly project: Project,
    readonly ports: WatchedPorts,
    config: Record<string, unknown>,
  ) {
    this.stack = `test-${ports.plain}`;
    this.name = `aipi-mqtt-${this.stack}`;
    project.configure(this.stack, {
      dnsNames: [host],
      monitoring: { enabled: true, port: ports.exporter },
      // What the broker says of itself each ten seconds it says each second.
      extraOptions: ['sys_interval 1'],
      ...config,
    });
  }

  get container(): Docker.Container {
    return docker.getContainer(this.name);
  }

  get exporter(): Docker.Container {
    return docker.getContainer(`${this.name}-exporter`);
  }

  async deploy(): Promise<void> {
    await this.project.must('up', this.stack);
    const { accounts, devices } = await this.project.outputs(this.stack);
    [this.passwords, this.devicePasswords] = [accounts, devices ?? {}];
  }

  async account(options: IClientOptions = {}): Promise<MqttClient> {
    const username = 'aisa_server';
    return this.client(this.ports.plain, { username, password: this.passwords[username] ?? '', ...options });
  }

  async device(id: string): Promise<MqttClient> {
    const password = this.devicePasswords[id]?.password ?? '';
    return this.client(this.ports.devices, { username: id, password, clientId: id });
  }

  /** Brings what is no MQTT. */
  garbage(): Promise<void> {
    const socket = connectTcp(this.ports.plain, '127.0.0.1', () => socket.write('no packet'));
    return new Promise((done) => socket.once('close', () => done()).once('error', () => done()));
  }

  /** Path of a file of the running configuration on this machine. */
  async configurationFile(name: string): Promise<string> {
    return join(await sourceOf(this.container, configurationMount), deployments, 'current', name);
  }

  /** Path of a file of the exporter on this machine. */
  async exporterFile(name: keyof typeof exporterFiles): Promise<string> {
    return join(await sourceOf(this.exporter, exporterFolder), exporterFiles[name]);
  }

  /** Has the broker read its certificate again, and the exporter look at it as after an update. */
  async reload(): Promise<void> {
    await this.container.kill({ signal: 'SIGHUP' });
    const now = new Date();
    utimesSync(await this.exporterFile('settings'), now, now);
  }

  /** Runs a program of this machine in the network of the broker's container. */
  async inItsNetwork(...command: string[]): Promise<void> {
    const { State } = await this.container.inspect();
    execFileSync('nsenter', ['--target', `${State.Pid}`, '--net', ...command]);
  }

  /** Gives it a data volume of its own, of so many MiB, with what is on the one that it has. */
  async withSmallDisk(mebibytes: number): Promise<string> {
    const both = [this.exporter, this.container];
    const folder = await sourceOf(this.container, dataMount);
    for (const container of both) await container.stop({ t: 10 });
    const kept = mkdtempSync(join(tmpdir(), 'aipi-disk-'));
    cpSync(folder, kept, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mebibytes}m`, 'tmpfs', folder]);
    this.disk = folder;
    execFileSync('cp', ['-a', `${kept}/.`, folder]);
    execFileSync('chown', ['-R', '1883:1883', folder]);
    rmSync(kept, { recursive: true });
    for (const container of both.reverse()) await container.start();
    return folder;
  }

  end(): void {
    for (const client of this.clients) client.end(true);
    if (this.disk !== undefined) execFileSync('umount', ['--lazy', this.disk]);
  }

  private async client(port: number, options: IClientOptions): Promise<MqttClient> {
    const made = await mqtt.connectAsync({
      protocol: 'mqtt',
      host: '127.0.0.1',
      port,
      reconnectPeriod: 0,
      connectTimeout: 2_000,
      ...options,
    });
    this.clients.add(made.on('error', () => {}).on('close', () => this.clients.delete(made)));
    return made;
  }
}

/** Where something of a container's is on this machine. */
async function sourceOf(container: Docker.Container, mounted: string): Promise<string> {
  const { Mounts } = await container.inspect();
  const source = Mounts.find(({ Destination }) => Destination === mounted)?.Source;
  if (source === undefined) throw new Error(`nothing is mounted at ${mounted}`);
  return source;
}
