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

/** What verify and the update say of what was planted. */
export interface Said {
  verify: string;
  update: string;
}

const crowd = 10;

export class DriftStack {
  readonly project = new Project();
  readonly name: string;
  onlookers = new Onlookers();
  private password: string | undefined;
  private intruder: Promise<Docker.Container> | undefined;

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

  /** Plants one kind, and sees it noticed by the look that verify takes, too, named, mended and proved. */
  async prove(kind: Kind): Promise<void> {
    await kind.plant();
    expect(await this.drift()).not.toMatchObject({ words: [] });
    this.expectNamed(kind, await this.mended(kind.quiet));
  }

  /** What verify says of what was planted. */
  async verified(): Promise<string> {
    const { code, stderr } = await this.project.run('verify', this.stack);
    expect(code).not.toBe(0);
    return stderr;
  }

  /** Sees what was planted mended by one update, and proved; gives what that says. */
  async mended(quiet: boolean): Promise<string> {
    const updated = await this.project.must('up', this.stack);
    expect(updated.stderr).toMatch(/\n\d+ checks passed now/);
    if (quiet) await this.expectNobodyLeft();
    // What the next update would say and do.
    expect(await this.drift()).toMatchObject({ words: [], refresh: false, replace: false, deliver: false });
    return updated.stderr;
  }

  expectNamed({ words }: Kind, text: string): void {
    for (const each of words) expect(text).toContain(each.replace('NAME', this.name));
  }

  async expectNobodyLeft(): Promise<void> {
    // One that is disconnected would never answer.
    expect(this.onlookers.disconnects).toBe(0);
    expect(await this.onlookers.serving()).toBe(crowd);
  }

  /** Does something on the volume as somebody with a shell on the machine would; the broker itself cannot write there. */
  async onVolume(script: string): Promise<void> {
    this.intruder ??= this.intrude();
    const words = ['sh', '-ec', `cd ${configurationMount}/deployed/current\n${script}`];
    expect(await execute(await this.intruder, words)).toMatchObject({ code: 0 });
  }

  /** A container that has the volume, too, for as long as the stack is there. */
  private async intrude(): Promise<Docker.Container> {
    const { Image } = await this.broker.inspect();
    const intruder = await docker.createContainer({
      Image,
      User: '1883:1883',
      Entrypoint: ['tail', '-f', '/dev/null'],
      HostConfig: { Binds: [`${this.name}-configuration:${configurationMount}`], NetworkMode: 'none', Init: true },
    });
    await intruder.start();
    return intruder;
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

/** Kinds of which none hides another: they are planted at once, and mended by one update. */
export class Together {
  private planting: Promise<void> | undefined;
  private mending: Promise<Said> | undefined;

  /** @param kinds all of them quiet, or none */
  constructor(
    private readonly deployed: () => DriftStack,
    readonly kinds: Readonly<Record<string, Kind>>,
  ) {}

  planted(): Promise<void> {
    this.planting ??= this.plant();
    return this.planting;
  }

  /** What verify and the update have said of all of them. */
  mended(): Promise<Said> {
    this.mending ??= this.mend();
    return this.mending;
  }

  private async mend(): Promise<Said> {
    await this.planted();
    const verify = await this.deployed().verified();
    return { verify, update: await this.deployed().mended(this.isQuiet) };
  }

  private get isQuiet(): boolean {
    return Object.values(this.kinds).every(({ quiet }) => quiet);
  }

  private async plant(): Promise<void> {
    for (const { plant } of Object.values(this.kinds)) await plant();
  }
}
