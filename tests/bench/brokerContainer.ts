/** A broker on files of the product, in a container that no update touches. */

import { connect } from 'node:net';
import { buffer } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import { pack } from 'tar-stream';
import {
  type BrokerFiles,
  brokerId,
  configurationMount,
  currentFolder,
  deployments,
  fileNames,
  pathOf,
} from '../../mosquitto/files';
import { descriptorLimit } from '../../mosquitto/limits';
import { execute } from '../../operate/docker';
import type { Settings } from '../../settings';
import { docker } from '../integration/project';
import { later } from './cleanup';

const deadlineMilliseconds = 30_000;
const mebibyte = 1_048_576;

export class BrokerContainer {
  private constructor(
    private readonly container: Docker.Container,
    private readonly port: number,
  ) {}

  /** @param folders by their names; the broker starts on the first one */
  static async start(settings: Settings, folders: Record<string, BrokerFiles>): Promise<BrokerContainer> {
    const descriptors = descriptorLimit(settings.limits);
    const container = await docker.createContainer({
      name: `aipi-mqtt-bench-${process.pid}-${Date.now()}`,
      Image: settings.image,
      User: `${brokerId}:${brokerId}`,
      Cmd: ['/usr/sbin/mosquitto', '-c', pathOf(fileNames.configuration)],
      HostConfig: {
        CapDrop: ['ALL'],
        Memory: settings.limits.memoryLimitMebibytes * 2 * mebibyte,
        Ulimits: [{ Name: 'nofile', Soft: descriptors, Hard: descriptors }],
      },
    });
    later(() => container.remove({ force: true, v: true }));
    await container.putArchive(await archive(folders), { path: configurationMount });
    await container.start();
    const port = settings.listeners.find(({ clients }) => clients === 'devices')?.port ?? 0;
    const broker = new BrokerContainer(container, port);
    await broker.listening();
    return broker;
  }

  /** Address of the container itself: the way over a published port would measure Docker's proxy. */
  async host(): Promise<string> {
    const { NetworkSettings } = await this.container.inspect();
    return NetworkSettings.Networks.bridge?.IPAddress ?? '';
  }

  /** Has the broker take over another folder, as an update does. */
  async take(folder: string): Promise<void> {
    const script = `ln -sfn ${folder} ${currentFolder} && kill -HUP 1`;
    const { code, output } = await execute(this.container, ['sh', '-c', script]);
    if (code !== 0) throw new Error(`the broker cannot be signalled: ${output}`);
  }

  /** Resolves as soon as clients can connect again. */
  async restart(): Promise<void> {
    await this.container.restart({ t: 10 });
    await this.listening();
  }

  /** Seconds of processor time that the broker has taken since it started. */
  async processorSeconds(): Promise<number> {
    const { cpu_stats: used } = await this.container.stats({ stream: false, 'one-shot': true });
    return used.cpu_usage.total_usage / 1e9;
  }

  private async listening(): Promise<void> {
    const host = await this.host();
    const deadline = Date.now() + deadlineMilliseconds;
    while (!(await opens(host, this.port))) {
      if (Date.now() > deadline) throw new Error(`nothing answers at ${host}:${this.port}`);
      await sleep(5);
    }
  }
}

function opens(host: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    socket.once('connect', () => socket.destroy());
  });
}

function archive(folders: Record<string, BrokerFiles>): Promise<Buffer> {
  const tar = pack();
  const owner = { uid: brokerId, gid: brokerId };
  tar.entry({ ...owner, name: deployments, type: 'directory', mode: 0o700 });
  for (const [folder, files] of Object.entries(folders)) {
    tar.entry({ ...owner, name: `${deployments}/${folder}`, type: 'directory', mode: 0o700 });
    for (const [name, content] of Object.entries(files)) {
      tar.entry({ ...owner, name: `${deployments}/${folder}/${name}`, mode: 0o600 }, content);
    }
  }
  const [first = ''] = Object.keys(folders);
  tar.entry({ ...owner, name: `${deployments}/current`, type: 'symlink', linkname: first });
  tar.finalize();
  return buffer(tar);
}
