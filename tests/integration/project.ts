/**
 * A scratch copy of this project with stacks of its own: other ports, other names, an AIPI_HOME of its own, where state and
 * passphrase are as a user has them by default. The engine, the plug-ins and the packages are those of the machine.
 */

import { execFile, execFileSync, spawn } from 'node:child_process';
import {
  cpSync,
  existsSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { promisify } from 'node:util';
import Docker from 'dockerode';
import { stringify } from 'yaml';
import { urlOf } from '../../setup/backend';
import { home as homeOfMachine } from '../../setup/home';
import { makePassphrase } from '../../setup/passphrase';
import { type Pulumi, pulumi } from '../../setup/pulumi';
import { killAll, processesOf, read } from './processes';

const repository = resolve(__dirname, '../..');

/** No command takes as long, also on a machine that is busy. */
const longestSeconds = 300;

export interface Outcome {
  code: number;
  stdout: string;
  stderr: string;
}

export class Project {
  readonly folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-test-'));
  /** AIPI_HOME of its commands. */
  readonly home: string;
  private readonly brokers = new Set<string>();
  private engine: Promise<Pulumi> | undefined;
  /** A state, to what the engine has said of its outputs: it is asked once for each. */
  private readonly said = new Map<string, string>();

  /** @param home name of the folder that is AIPI_HOME */
  constructor(home = 'home') {
    this.home = join(this.folder, home);
    const files = execFileSync('git', ['ls-files', '-z', '--cached', '--others', '--exclude-standard'], {
      cwd: repository,
      encoding: 'utf8',
    });
    for (const file of files.split('\0').filter((name) => name !== '' && !name.startsWith('tests/'))) {
      mkdirSync(join(this.folder, dirname(file)), { recursive: true });
      cpSync(join(repository, file), join(this.folder, file));
    }
    linkPackages(this.folder);
    linkEngine(this.home);
    mkdirSync(join(this.home, 'state'));
    symlinkSync(join(this.home, 'state'), join(this.folder, 'state'));
  }

  /** Writes the stack file of a stack. */
  configure(stack: string, config: Record<string, unknown>): void {
    this.brokers.add(String(config.containerName ?? `aipi-mqtt-${stack}`));
    const keys = Object.entries(config).map(([key, value]) => [`aipi-mqtt:${key}`, value]);
    writeFileSync(this.stackFile(stack), stringify({ config: Object.fromEntries(keys) }));
  }

  /** Brings back a file of the program that a test has changed. */
  restore(file: string): void {
    cpSync(join(repository, file), join(this.folder, file));
  }

  stackFile(stack: string): string {
    return join(this.folder, `Pulumi.${stack}.yaml`);
  }

  /** Environment of every command: no backend, no passphrase and no login of whoever runs the tests. */
  get environment(): NodeJS.ProcessEnv {
    const { PULUMI_BACKEND_URL, PULUMI_CONFIG_PASSPHRASE, PULUMI_CONFIG_PASSPHRASE_FILE, ...others } = process.env;
    return { ...others, AIPI_HOME: this.home, PULUMI_CREDENTIALS_PATH: join(this.folder, 'logins') };
  }

  /** Environment of an engine that no command starts: it is told what commands find by themselves. */
  get engineEnvironment(): NodeJS.ProcessEnv {
    const PULUMI_CONFIG_PASSPHRASE_FILE = makePassphrase(this.home).file;
    return { ...this.environment, PULUMI_BACKEND_URL: urlOf(join(this.home, 'state')), PULUMI_CONFIG_PASSPHRASE_FILE };
  }

  /** Runs `npm run <command> -- <stack> <args>` without npm. */
  run(command: string, ...args: string[]): Promise<Outcome> {
    return this.start(command, ...args).outcome;
  }

  /** Like `run`, with more in its environment. */
  runWith(environment: NodeJS.ProcessEnv, command: string, ...args: string[]): Promise<Outcome> {
    return this.spawn('node', ['commands/start.mjs', command, ...args], false, environment).outcome;
  }

  /** Like `run`, with the process at hand. It leads a process group of its own. */
  start(command: string, ...args: string[]) {
    return this.spawn('node', ['commands/start.mjs', command, ...args], command.startsWith('pulumi'));
  }

  /** The same as a person types it, `npm run` included. */
  startByNpm(command: string, ...args: string[]) {
    return this.spawn('npm', ['run', command, '--', ...args], false);
  }

  private spawn(program: string, words: string[], isAsked: boolean, more: NodeJS.ProcessEnv = {}) {
    const child = spawn(program, words, {
      cwd: this.folder,
      env: { ...this.environment, ...more },
      stdio: ['pipe', 'pipe', 'pipe'],
      detached: true,
    });
    if (!isAsked) child.stdin.end();
    const outcome = new Promise<Outcome>((done, fail) => {
      const texts = { stdout: '', stderr: '' };
      child.stdout.on('data', (data) => {
        texts.stdout += data;
      });
      child.stderr.on('data', (data) => {
        texts.stderr += data;
      });
      // A test that ends for want of time would tell nothing of the command that it waits for.
      const timer = setTimeout(() => {
        const words = processesOf(this.folder).map((pid) => `${pid} ${read(pid, 'cmdline').replaceAll('\0', ' ')}`);
        void killAll(this.folder);
        fail(
          new Error(
            `still at work after ${longestSeconds} s:\n${texts.stdout}${texts.stderr}\nprocesses:\n${words.join('\n')}`,
          ),
        );
      }, longestSeconds * 1_000);
      child.once('error', (error) => {
        clearTimeout(timer);
        fail(error);
      });
      child.once('close', (code) => {
        clearTimeout(timer);
        done({ code: code ?? -1, ...texts });
      });
    });
    // Whoever asks for it later hears of it then.
    outcome.catch(() => {});
    return { child, outcome };
  }

  /** Runs a command that must succeed. */
  async must(command: string, ...args: string[]): Promise<Outcome> {
    const outcome = await this.run(command, ...args);
    if (outcome.code !== 0) throw new Error(`${command} ${args.join(' ')} failed:\n${outcome.stdout}${outcome.stderr}`);
    return outcome;
  }

  /** The outputs of a stack, secrets readable: as the engine has them, without a process of the command. */
  async outputs(stack: string) {
    const state = this.state(stack);
    let said = this.said.get(state);
    if (said === undefined) {
      this.engine ??= pulumi();
      const { bin, environment } = await this.engine;
      const words = ['stack', 'output', '--stack', stack, '--json', '--show-secrets'];
      const env = { ...environment, ...this.engineEnvironment };
      said = (await promisify(execFile)(bin, words, { cwd: this.folder, env, maxBuffer: 100_000_000 })).stdout;
      this.said.set(state, said);
    }
    return JSON.parse(said);
  }

  /** The state of a stack as it stands on the disk. */
  state(stack: string): string {
    return readFileSync(join(this.folder, 'state', '.pulumi', 'stacks', 'aipi-mqtt', `${stack}.json`), 'utf8');
  }

  /** Takes away what every stack has on the engine, and the folder. */
  async dispose(): Promise<void> {
    for (const broker of this.brokers) await removeBroker(broker);
    linkAll(join(this.folder, compiled), join(repository, compiled));
    rmSync(this.folder, { recursive: true, force: true });
  }
}

/** Where programs keep what was compiled: see setup/typescript.cjs. */
const compiled = 'node_modules/.cache/aipi-mqtt';

/** The packages of the repository, with a place of the folder's own for what is compiled: many write there at once. */
function linkPackages(folder: string): void {
  const own = join(repository, 'node_modules');
  mkdirSync(join(folder, compiled), { recursive: true });
  for (const name of readdirSync(own).filter((each) => each !== '.cache'))
    symlinkSync(join(own, name), join(folder, 'node_modules', name));
  linkAll(join(repository, compiled), join(folder, compiled));
}

/** Links the programs' files that are not there; none is ever written to, but replaced. */
function linkAll(from: string, to: string): void {
  if (!existsSync(from)) return;
  mkdirSync(to, { recursive: true });
  for (const name of readdirSync(from)) {
    try {
      linkSync(join(from, name), join(to, name));
    } catch {
      // It is there, or has just been replaced.
    }
  }
}

/** Gives an AIPI_HOME what the machine's own has of the engine, so that nothing is searched, downloaded or built again. */
function linkEngine(home: string): void {
  const own = homeOfMachine();
  mkdirSync(home, { mode: 0o700 });
  for (const name of ['toolchain', 'pulumi', 'compile-cache']) {
    mkdirSync(join(own, name), { recursive: true });
    symlinkSync(join(own, name), join(home, name));
  }
  const found = join(own, 'engine.json');
  if (existsSync(found)) writeFileSync(join(home, 'engine.json'), readFileSync(found, 'utf8').replaceAll(own, home));
}

/** Removes a container, its volumes, and whatever else mounts these; what is not there is no fault. */
async function removeBroker(name: string): Promise<void> {
  const owns = (volume: string) => volume.startsWith(`${name}-`);
  const containers = await docker.listContainers({ all: true });
  for (const { Id, Names, Mounts } of containers) {
    const isOwn = Names.includes(`/${name}`) || Mounts.some(({ Name }) => owns(Name ?? ''));
    if (isOwn) await docker.getContainer(Id).remove({ force: true, v: true });
  }
  const { Volumes } = await docker.listVolumes();
  for (const { Name } of Volumes) if (owns(Name)) await docker.getVolume(Name).remove();
  for (const { Name, Id } of await docker.listNetworks())
    if (Name === name || owns(Name)) await docker.getNetwork(Id).remove();
}

export const docker = new Docker();

/** Names of everything on the engine that begins with a prefix. */
export async function leftovers(prefix: string): Promise<string[]> {
  const [containers, volumes, networks] = await Promise.all([
    docker.listContainers({ all: true }),
    docker.listVolumes(),
    docker.listNetworks(),
  ]);
  const names = [
    ...containers.flatMap(({ Names }) => Names),
    ...[...(volumes.Volumes ?? []), ...networks].map(({ Name }) => `/${Name}`),
  ];
  return names.filter((name) => name.startsWith(`/${prefix}`));
}

/** Below them are ports of services, above them those that outgoing connections take. */
const [firstPort, lastPort] = [10_000, 32_000] as const;
/** Suites run at once: each worker takes ports of its own, for one that was found free is not taken yet. */
const stripes = 8;
const stripe = Number(process.env.JEST_WORKER_ID ?? 1) % stripes;
const given = new Set<number>();

/** Ports of this machine that nobody uses and that no other call has got. */
export async function freePorts(count: number): Promise<number[]> {
  const ports: number[] = [];
  while (ports.length < count) {
    const port = firstPort + stripes * Math.floor((Math.random() * (lastPort - firstPort)) / stripes) + stripe;
    if (given.has(port) || !(await isFree(port))) continue;
    given.add(port);
    ports.push(port);
  }
  return ports;
}

function isFree(port: number): Promise<boolean> {
  return new Promise((done) => {
    const server = createServer();
    server.once('error', () => done(false));
    server.listen(port, '127.0.0.1', () => server.close(() => done(true)));
  });
}

/** A stack name, and the listeners of dev on ports of its own. */
export async function devLike(): Promise<{ stack: string; config: Record<string, unknown>; ports: number[] }> {
  const ports = await freePorts(3);
  const listeners = [
    { port: ports[0], protocol: 'mqtt', bindAddress: '127.0.0.1' },
    { port: ports[1], protocol: 'websockets', bindAddress: '127.0.0.1' },
    { port: ports[2], protocol: 'mqtt', bindAddress: '127.0.0.1', clients: 'devices' },
  ];
  return { stack: `test-${ports[0]}`, config: { listeners }, ports };
}
