/**
 * Proves that nobody takes a broker over, or deletes its messages, who is not its owner: another state of the same stack
 * and plain `pulumi` are refused before they touch anything, unless they ask for it by a word of its own, and then the
 * former owner is. A broker of an earlier version, which says nothing of its owner, becomes its owner's without anybody
 * noticing. The firewall is the owner's as the broker is. A volume that was made anew gets its files, and runs that were killed leave nothing for ever.
 *
 * Who is the owner in which case the unit tests decide.
 */

import { execFile, spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { tableName } from '../../mosquitto/firewall';
import { containerLabels, ownerIn } from '../../mosquitto/owner';
import { rootWords } from '../../operate/root';
import { temporaryLabel } from '../../operate/temporary';
import { pulumi } from '../../setup/pulumi';
import { Onlookers } from './clients';
import { devLike, docker, freePorts, leftovers, type Outcome, Project } from './project';

jest.setTimeout(300_000);

const [home, sudo] = [new Project(), new Project()];
let stack: string;
let name: string;
let url: string;
let wanted: Record<string, unknown>;

beforeAll(async () => {
  const own = await devLike();
  stack = own.stack;
  name = `aipi-mqtt-${stack}`;
  url = `mqtt://127.0.0.1:${own.ports[0]}`;
  const [port] = await freePorts(1);
  const open = { port, protocol: 'mqtt', bindAddress: '0.0.0.0', insecurePlaintext: true };
  const listeners = [...(own.config.listeners as object[]), open];
  wanted = { ...own.config, listeners, retainDataOnDestroy: true };
  home.configure(stack, { ...wanted, firewall: ['10.0.0.0/8'] });
  sudo.configure(stack, { ...wanted, firewall: ['192.168.0.0/16'] });
});

afterAll(async () => {
  await sudo.run('destroy', stack);
  for (const project of [home, sudo]) await project.dispose();
  await docker
    .getVolume(`${name}-data`)
    .remove()
    .catch(() => {});
  expect(table()).toBe('');
});

const broker = () => docker.getContainer(name);

/** The firewall in force; empty where there is none. */
function table(): string {
  const [command = '', ...words] = rootWords(['nft', '--stateless', 'list', 'table', 'inet', tableName(name)]);
  return spawnSync(command, words, { encoding: 'utf8' }).stdout;
}

/** What must be the same where nobody else was let in. */
async function things() {
  const volumes = await Promise.all(
    ['configuration', 'data'].map((role) => docker.getVolume(`${name}-${role}`).inspect()),
  );
  const { Id, State } = await broker().inspect();
  return {
    Id,
    StartedAt: State.StartedAt,
    firewall: table(),
    made: volumes.map((volume) => (volume as { CreatedAt?: string }).CreatedAt),
  };
}

async function login(project: Project) {
  return { username: 'aisa_server', password: (await project.outputs(stack)).accounts.aisa_server as string };
}

async function retained(project: Project): Promise<string | undefined> {
  const client = await mqtt.connectAsync(url, { ...(await login(project)), reconnectPeriod: 0 });
  try {
    const message = new Promise<string>((resolve) => client.once('message', (_, text) => resolve(text.toString())));
    await client.subscribeAsync('system/server/status');
    return await Promise.race([message, sleep(5_000, undefined, { ref: false })]);
  } finally {
    await client.endAsync(true);
  }
}

async function publish(project: Project, text: string): Promise<void> {
  const client = await mqtt.connectAsync(url, { ...(await login(project)), reconnectPeriod: 0 });
  await client.publishAsync('system/server/status', text, { retain: true, qos: 1 });
  await client.endAsync(true);
}

function change(project: Project, file: string, before: string, after: string): void {
  const path = join(project.folder, file);
  const text = readFileSync(path, 'utf8');
  if (!text.includes(before)) throw new Error(`${file} has no ${before}`);
  writeFileSync(path, text.replace(before, after));
}

/** Pulumi itself, without the commands of this project. */
async function engineAlone(project: Project, ...words: string[]): Promise<Outcome> {
  const { bin, environment } = await pulumi();
  const env = { ...environment, ...project.engineEnvironment };
  return new Promise((resolve) => {
    execFile(bin, [...words, '--non-interactive'], { cwd: project.folder, env }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : 1, stdout, stderr }),
    );
  });
}

const refusal = () =>
  new RegExp(`containerName: "${name}" is the broker of .*from another state than this one; choose`);
const allOf = ({ stdout, stderr }: Outcome) => `${stdout}${stderr}`;

test('a broker of an earlier version is refused to others, and becomes its owner’s while everybody stays connected', async () => {
  change(home, 'components/labels.ts', '.sort(', '.filter(([label]) => label === "aipi-mqtt.restart-digest").sort(');
  change(home, 'components/storage.ts', 'labels }', '}');
  change(home, 'components/storage.ts', 'labels }', '}');
  change(home, 'operate/possession.ts', 'if (this.record?.id !== owner.id)', 'if (owner === undefined)');
  change(home, 'components/configuration.ts', '        owner,\n', '');
  await home.must('up', stack);
  const files = [
    'components/labels.ts',
    'components/storage.ts',
    'components/configuration.ts',
    'operate/possession.ts',
  ];
  for (const file of files) home.restore(file);
  await publish(home, 'kept');
  const before = await things();
  const early = await sudo.run('up', stack);
  expect(early.code).toBe(1);
  expect(early.stderr).toContain(
    `containerName: "${name}" is the broker of an earlier version, not deployed from this state; choose another name`,
  );
  expect(await things()).toEqual(before);

  const onlookers = new Onlookers();
  await onlookers.connect(5, url, await login(home));
  await home.must('up', stack);
  expect(onlookers.disconnects).toBe(0);
  expect(await onlookers.serving()).toBe(5);
  expect(await things()).toEqual(before);
  expect((await home.must('up', stack)).stderr).not.toContain('What runs is not what was deployed');
  await onlookers.end();
});

test('another state is refused by every way in, and touches nothing', async () => {
  const before = await things();
  for (const command of ['up', 'preview']) {
    const { code, stderr } = await sudo.run(command, stack);
    expect(code).toBe(1);
    expect(stderr).toMatch(refusal());
    expect(stderr).toContain(`npm run up -- ${stack} --take-over`);
  }
  expect(allOf(await sudo.run('pulumi', 'up', '--yes', '--stack', stack))).toMatch(refusal());
  const alone = await engineAlone(sudo, 'up', '--yes', '--skip-preview', '--stack', stack);
  expect(alone.code).toBe(1);
  expect(allOf(alone)).toMatch(refusal());
  expect(await things()).toEqual(before);
  // What it has made by then is its own.
  await engineAlone(sudo, 'destroy', '--yes', '--skip-preview', '--exclude-protected', '--stack', stack);
  expect(await things()).toEqual(before);
  await sudo.must('destroy', stack);
  expect(await things()).toEqual(before);
});

test('by a word of its own it takes the broker over with its messages, and the former owner is refused', async () => {
  await sudo.must('up', stack, '--take-over');
  expect(await retained(sudo)).toBe('kept');
  expect(ownerIn((await broker().inspect()).Config.Labels)).toMatchObject({ project: 'aipi-mqtt', stack });
  const before = await things();
  expect(before.firewall).toContain('192.168.0.0/16');
  home.configure(stack, { ...wanted, firewall: ['172.16.0.0/12'] });
  for (const command of ['up', 'destroy'])
    expect(await engineAlone(home, command, '--yes', '--skip-preview', '--stack', stack)).toMatchObject({ code: 1 });
  expect(await things()).toEqual(before);
  const verified = await home.run('verify', stack);
  expect(verified.stderr).toMatch(refusal());
  for (const command of ['up', 'preview', 'destroy']) {
    const { code, stderr } = await home.run(command, stack);
    expect(code).toBe(1);
    expect(stderr).toMatch(refusal());
  }
  expect(await things()).toEqual(before);
  await sudo.must('up', stack);
  expect(await things()).toEqual(before);
});

test('a volume that was made anew gets files, though the state believes that it has them', async () => {
  await broker().remove({ force: true, v: true });
  await docker.getVolume(`${name}-configuration`).remove();
  await sudo.must('pulumi', 'refresh', '--yes', '--skip-preview', '--stack', stack);
  await docker.createVolume({ Name: `${name}-configuration` });
  await sudo.must('up', stack);
  expect(await retained(sudo)).toBe('kept');
});

test('messages that a destroyed stack has left alone are those of the next one of its name', async () => {
  await sudo.must('destroy', stack);
  expect(await leftovers(name)).toEqual([`/${name}-data`]);
  await sudo.must('up', stack);
  expect(await retained(sudo)).toBe('kept');
  const { Config } = await broker().inspect();
  const owner = ownerIn(Config.Labels);
  if (owner === undefined) throw new Error('the container does not say whose it is');
  expect(Config.Labels).toMatchObject(
    containerLabels(Config.Labels['aipi-mqtt.restart-digest'] ?? '', owner, undefined),
  );
});

test('what a killed run has left goes with the next one, and what another uses stays', async () => {
  const { Image } = await broker().inspect();
  const make = (value: string) =>
    docker.createContainer({ Image, Labels: { [temporaryLabel]: value }, HostConfig: { NetworkMode: 'none' } });
  const killed = sudo.start('verify', stack);
  const rehearsal = await firstTemporary(killed.child.pid ?? 0);
  process.kill(-(killed.child.pid ?? 0), 'SIGKILL');
  await killed.outcome;
  const left = await make(rehearsal.label);
  const used = await make(`another-machine 1 1`);
  await sudo.run('verify', stack);
  const there = await temporaries();
  expect(there.map(({ id }) => id)).not.toContain(left.id);
  expect(there.map(({ id }) => id)).toContain(used.id);
  await used.remove({ force: true, v: true });
});

async function temporaries() {
  const found = await docker.listContainers({ all: true, filters: { label: [temporaryLabel] } });
  return found.map(({ Id, Labels }) => ({ id: Id, label: Labels[temporaryLabel] ?? '' }));
}

/** The label of the first thing that a process of a group makes for itself. */
async function firstTemporary(group: number) {
  for (let turn = 0; turn < 400; turn += 1, await sleep(20)) {
    const first = (await temporaries()).find(({ label }) => groupOf(label.split(' ')[1] ?? '') === group);
    if (first !== undefined) return first;
  }
  throw new Error('the run makes nothing for itself');
}

function groupOf(pid: string): number | undefined {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[2]);
  } catch {
    return undefined;
  }
}
