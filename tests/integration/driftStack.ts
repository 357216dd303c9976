/** A deployed stack that other hands change, with clients that look on. */

import { setTimeout as sleep } from 'node:timers/promises';
import type Docker from 'dockerode';
import type { IClientOptions } from 'mqtt';
import { type Drift, driftOf } from '../../change/drift';
import { deployedOf } from '../../commands/stack/deployedContainer';
import { configurationMount } from '../../mosquitto/files';
import { execute } from '../../operate/docker';
import { look } from '../../operate/look';
import { Onlookers } from './clients';
import { docker, type Outcome, Project } from './project';

/** What somebody does, and what comes of it. */
export interface Kind {
  plant: () => Promise<unknown>;
  /** What verify and the update say of it; `NAME` stands for the container. */
  words: string[];
  /** Whether clients that are connected stay so while it is planted and mended. */
  quiet: boolean;
}

const crowd = 10;

export class DriftStack {
  readonly project = new Project();
  readonly name: string;
  onlookers = new Onlookers();
  private password: string | undefined;

  constructor(
    readonly stack: string,
    private readonly config: Record<string, unknown>,
    private readonly url: string,
    private readonly tls: IClientOptions = {},
  ) {
    this.name = `aipi-mqtt-${stack}`;
    this.project.configure(stack, config);
  }

  get broker(): Docker.Container {
    return docker.getContainer(this.name);
  }

  /** Deploys the stack with some keys changed, for good. */
  async deploy(changed: Record<string, unknown> = {}): Promise<Outcome> {
    this.configure(changed);
    return this.project.must('up', this.stack);
  }

  configure(changed: Record<string, unknown>): void {
    Object.assign(this.config, changed);
    this.project.configure(this.stack, this.config);
  }

  /** Connects clients that count what they notice. */
  async watch(): Promise<void> {
    this.onlookers = new Onlookers();
    await this.onlookers.connect(crowd, this.url, { ...(await this.login()), ...this.tls });
  }

  /** No kind changes the password, so the engine is asked once. */
  async login(): Promise<{ username: string; password: string }> {
    this.password ??= (await this.project.outputs(this.stack)).accounts.aisa_server as string;
    return { username: 'aisa_server', password: this.password };
  }

  /** What a look finds that is not as it was deployed. */
  async drift(): Promise<Drift> {
    const { checkpoint } = JSON.parse(this.project.state(this.stack));
    return driftOf(await look(docker, this.name), deployedOf(checkpoint.latest.resources));
  }

  /** Plants one kind, and sees it named, mended and proved. */
  async prove({ plant, words, quiet }: Kind): Promise<void> {
    const named = words.map((each) => each.replace('NAME', this.name));
    await plant();
    const verified = await this.project.run('verify', this.stack);
    expect(verified.code).not.toBe(0);
    const updated = await this.project.run('up', this.stack);
    for (const each of named) expect(updated.stderr).toContain(each);
    if (updated.code !== 0) throw new Error(`${updated.stdout}${updated.stderr}`);
    expect(updated.stderr).toMatch(/\n\d+ checks passed now/);
    if (quiet) await this.expectNobodyLeft();
    // What the next update would say and do.
    expect(await this.drift()).toMatchObject({ words: [], refresh: false, replace: false, deliver: false });
  }

  async expectNobodyLeft(): Promise<void> {
    // One that is disconnected would never answer.
    expect(this.onlookers.disconnects).toBe(0);
    expect(await this.onlookers.serving()).toBe(crowd);
  }

  /** Does something on the volume as somebody with a shell on the machine would; the broker itself cannot write there. */
  async onVolume(script: string): Promise<void> {
    const { Image } = await this.broker.inspect();
    const helper = await docker.createContainer({
      Image,
      User: '1883:1883',
      Entrypoint: ['sh', '-ec', `cd ${configurationMount}/deployed/current\n${script}`],
      HostConfig: { Binds: [`${this.name}-configuration:${configurationMount}`], NetworkMode: 'none' },
    });
    try {
      await helper.start();
      expect(await helper.wait()).toMatchObject({ StatusCode: 0 });
    } finally {
      await helper.remove({ force: true, v: true });
    }
  }

  async signal(): Promise<void> {
    await execute(this.broker, ['kill', '-HUP', '1']);
    await sleep(300);
  }

  async restart(): Promise<void> {
    await this.broker.restart({ t: 5 });
    await sleep(500);
  }

  async dispose(): Promise<void> {
    await this.project.dispose();
  }
}
