/** A throw-away broker on the product's own files, with a data volume and a memory that can be filled. */

import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type Docker from 'dockerode';
import type { MqttClient } from 'mqtt';
import { pack } from 'tar-stream';
import { brokerId, currentFolder, dataMount, fileNames } from '../../mosquitto/files';
import { healthTest } from '../../mosquitto/health';
import { renderFiles } from '../../mosquitto/render';
import { planFor, verifiedCertificates } from '../../mosquitto/verificationPlan';
import { witnessAcl } from '../../mosquitto/witness';
import { BrokerHandle } from '../../operate/broker';
import { networkDial } from '../../operate/client';
import { execute, logs } from '../../operate/docker';
import { settingsOf } from '../unit/rawConfig';
import { docker, freePorts } from './project';

export class RoomBroker {
  private readonly clients: MqttClient[] = [];

  private constructor(
    private readonly container: Docker.Container,
    readonly handle: BrokerHandle,
    private readonly healthTest: string,
  ) {}

  /** @param volumeMebibytes size of the data volume */
  static async start(volumeMebibytes: number): Promise<RoomBroker> {
    const [port = 0] = await freePorts(1);
    const listeners = [{ port, bindAddress: '127.0.0.1' }];
    const settings = settingsOf({ listeners, containerName: `aipi-mqtt-room-${port}`, memoryLimitMebibytes: 32 });
    const acls = [...settings.accounts, witnessAcl(settings.accounts)];
    const users = acls.map(({ username, rules }) => ({
      username,
      rules,
      password: randomBytes(32).toString('base64url'),
    }));
    const container = await docker.createContainer({
      name: settings.containerName,
      Image: 'eclipse-mosquitto:2.1.2',
      User: `${brokerId}:${brokerId}`,
      ExposedPorts: { [`${port}/tcp`]: {} },
      Cmd: ['mosquitto', '-c', `${currentFolder}/${fileNames.configuration}`],
      HostConfig: {
        CapDrop: ['ALL'],
        PortBindings: { [`${port}/tcp`]: [{ HostIp: '127.0.0.1', HostPort: `${port}` }] },
        Tmpfs: { [dataMount]: `size=${volumeMebibytes}m,uid=${brokerId},mode=700` },
      },
    });
    const plan = planFor(settings, users, [], verifiedCertificates('', null, {}, {}));
    const broker = new RoomBroker(
      container,
      new BrokerHandle(container, plan),
      healthTest(settings.listeners, settings.limits),
    );
    const archive = pack();
    for (const [name, text] of Object.entries(renderFiles(settings, users))) {
      archive.entry({ name: `${currentFolder}/${name}`, mode: 0o600, uid: brokerId, gid: brokerId }, text);
    }
    archive.finalize();
    await container.putArchive(await buffer(archive), { path: '/' });
    await container.start();
    return broker;
  }

  /** Sends so many retained messages without waiting for an answer, as far as the broker takes them. */
  async flood(count: number, bytes: number): Promise<void> {
    const client = await this.connect().catch(() => undefined);
    if (client === undefined) return;
    client.on('error', () => {});
    const gone = new Promise<void>((done) => client.once('close', () => done()));
    for (let sent = 0; sent < count && client.connected; sent += 1) {
      const written = client.publishAsync(`flood/${randomBytes(4).toString('hex')}`, Buffer.alloc(bytes), {
        retain: true,
      });
      await Promise.race([written.catch(() => {}), gone]);
    }
    const ended = client.endAsync().catch(() => {});
    await Promise.race([ended, gone]);
  }

  /** Publishes so many retained messages with QoS 1, and ends once the broker has acknowledged every one. */
  async fill(count: number, bytes: number): Promise<void> {
    const client = await this.connect();
    for (let sent = 0; sent < count; sent += 1) {
      await client.publishAsync(`full/${randomBytes(4).toString('hex')}`, Buffer.alloc(bytes), {
        qos: 1,
        retain: true,
      });
    }
    client.end(true);
  }

  /** Connects clients that stay, as long as the broker lets them in. */
  async crowd(most: number): Promise<void> {
    for (let count = 0; count < most; count += 1) {
      const client = await this.connect().catch(() => undefined);
      if (client === undefined) return;
      this.clients.push(client.on('error', () => {}));
    }
  }

  /** How many sessions the broker keeps of clients that are away. */
  async sessions(): Promise<number> {
    const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-room-'));
    try {
      // `docker cp` does not see a file system in memory.
      for (const name of ['mosquitto.sqlite3', 'mosquitto.sqlite3-wal']) {
        writeFileSync(join(folder, name), Buffer.from(await this.shell(`base64 ${dataMount}/${name}`), 'base64'));
      }
      const query =
        'import sqlite3, sys; print(sqlite3.connect(sys.argv[1]).execute("select count(*) from clients").fetchone()[0])';
      return Number(execFileSync('python3', ['-c', query, join(folder, 'mosquitto.sqlite3')]));
    } finally {
      rmSync(folder, { recursive: true });
    }
  }

  /** What the check of the container's health answers, and what it leaves in the broker's log. */
  async health(): Promise<{ code: number; says: string; logged: string }> {
    const before = await logs(this.container);
    const { code, output } = await execute(this.container, ['sh', '-c', this.healthTest]);
    return { code, says: output.trim(), logged: (await logs(this.container)).slice(before.length) };
  }

  /** Runs a command beside the broker. */
  async shell(command: string): Promise<string> {
    return (await execute(this.container, ['sh', '-c', command])).output.trim();
  }

  async remove(): Promise<void> {
    for (const client of this.clients) client.end(true);
    await this.container.remove({ force: true, v: true });
  }

  private connect(): Promise<MqttClient> {
    const { plan } = this.handle;
    const [target] = plan.targets;
    const [account] = plan.users;
    if (target === undefined || account === undefined) throw new Error('nobody can connect');
    return networkDial(target, plan)(account);
  }
}
