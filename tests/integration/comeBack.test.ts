/**
 * Proves that an update that does not hold comes back by itself: after a reload and after a restart what ran before is in
 * force again and proved, and so it is where the update is killed on the way.
 *
 * The faults are planted in the scratch copy of the program: a right that is too wide where no rehearsal looks for it.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { join } from 'node:path';
import mqtt from 'mqtt';
import { stackFileFolder } from '../../commands/stack/stackFile';
import { deployedFiles } from '../../operate/deployed';
import { Onlookers } from './clients';
import { kill, killAll } from './processes';
import { devLike, docker, freePorts, leftovers, Project } from './project';

jest.setTimeout(600_000);

const crowd = 50;
const sent = 200;
/** What is handed to the delivery comes together here. */
const component = 'components/mqttBroker.ts';

let project: Project;
let stack: string;
let config: Record<string, unknown>;
let url: string;
let login: { username: string; password: string };
let program: string;
let onlookers: Onlookers;

const container = () => docker.getContainer(`aipi-mqtt-${stack}`);

async function inForce() {
  const [{ Id }, { folder }] = await Promise.all([container().inspect(), deployedFiles(container())]);
  return { id: Id, folder };
}

/** A right that is too wide, in the file and not in the plan: only the live proof can see it. */
function plantFault(): void {
  const text = readFileSync(program, 'utf8');
  const right = "{ access: 'write' as const, topic: 'langchain/process/+' }";
  const widened = `known.map((user) => (user.username === 'aisa_rpi' ? { ...user, rules: [...user.rules, ${right}] } : user))`;
  const planted = text.replace('renderFiles(settings, known, pem)', `renderFiles(settings, ${widened}, pem)`);
  expect(planted).not.toBe(text);
  writeFileSync(program, planted);
}

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  ({ stack, config } = own);
  project.configure(stack, config);
  await project.must('up', stack);
  const { accounts } = await project.outputs(stack);
  url = `mqtt://127.0.0.1:${own.ports[0]}`;
  login = { username: 'aisa_server', password: accounts.aisa_server };
  program = join(project.folder, component);
});

beforeEach(async () => {
  onlookers = new Onlookers();
  await onlookers.connect(crowd, url, login);
});

afterEach(() => onlookers.end());

afterAll(async () => {
  await project.dispose();
  expect(await leftovers(`aipi-mqtt-${stack}`)).toEqual([]);
});

/** Holds a persistent session while something is done, and counts the acknowledged messages that it never gets. */
async function lostMessages(work: () => Promise<unknown>): Promise<number> {
  const [clientId, topic] = [`keeper-${stack}`, 'system/server/kept'];
  const session = { ...login, clientId, protocolVersion: 5 as const, clean: false, reconnectPeriod: 100 };
  const keeper = await mqtt.connectAsync(url, { ...session, properties: { sessionExpiryInterval: 600 } });
  const sender = await mqtt.connectAsync(url, { ...login, protocolVersion: 5, reconnectPeriod: 100 });
  const arrived = new Set<number>();
  keeper.on('message', (_, payload) => arrived.add(Number(payload.toString())));
  await keeper.subscribeAsync(topic, { qos: 1 });
  const acknowledged = new Set<number>();
  let ended = false;
  const send = (async () => {
    for (let number = 0; number < sent || !ended; number += 1) {
      await sender.publishAsync(topic, String(number), { qos: 1 });
      acknowledged.add(number);
      await new Promise((done) => setTimeout(done, 20));
    }
  })();
  await work();
  ended = true;
  await send;
  await keeper.subscribeAsync(topic, { qos: 1 });
  await new Promise((done) => setTimeout(done, 1_000));
  await Promise.all([keeper.endAsync(), sender.endAsync()]);
  return [...acknowledged].filter((number) => !arrived.has(number)).length;
}

test('after a reload whose proof fails the files from before are in force, and nobody notices', async () => {
  const before = await inForce();
  plantFault();
  const lost = await lostMessages(async () => {
    const { code, stdout } = await project.run('up', stack);
    expect(code).not.toBe(0);
    expect(stdout).toMatch(/aisa_rpi may not publish: .*langchain\/process\/aipi-verify/);
    expect(stdout).toMatch(/the files from before are back, and \d+ checks of them passed/);
  });
  expect(lost).toBe(0);
  expect(onlookers.disconnects).toBe(0);
  expect(await onlookers.serving()).toBe(crowd);
  expect(await inForce()).toEqual(before);
});

test('the same update again fails again, and goes back again', async () => {
  const before = await inForce();
  const { code, stdout } = await project.run('up', stack);
  expect(code).not.toBe(0);
  expect(stdout).toMatch(/the files from before are back, and \d+ checks of them passed/);
  expect(onlookers.disconnects).toBe(0);
  expect(await inForce()).toEqual(before);
});

test('once the fault is mended the update goes on, and the one after it has nothing to do', async () => {
  project.restore(component);
  await project.must('up', stack);
  expect((await deployedFiles(container())).unfinished).toBeUndefined();
  const { stderr } = await project.must('up', stack);
  expect(stderr).not.toContain('What runs is not what was deployed');
  expect(onlookers.disconnects).toBe(0);
});

test('after a restart whose proof fails the container from before runs again on the same data', async () => {
  const before = await inForce();
  const [port = 0] = await freePorts(1);
  const { listeners } = config as { listeners: unknown[] };
  project.configure(stack, { ...config, listeners: [...listeners, { port, bindAddress: '127.0.0.1' }] });
  plantFault();
  const lost = await lostMessages(async () => {
    const { code, stderr } = await project.run('up', stack);
    expect(code).not.toBe(0);
    expect(stderr).toMatch(
      /the container from before runs again on the same data; \d+ checks passed now; nobody could connect for \d+ ms/,
    );
  });
  expect(lost).toBe(0);
  const now = await inForce();
  expect(now.folder).toBe(before.folder);
  expect(now.id).not.toBe(before.id);
});

test('the configuration from before then changes nothing', async () => {
  project.restore(component);
  project.configure(stack, config);
  const before = await inForce();
  await project.must('up', stack);
  expect((await inForce()).id).toBe(before.id);
  expect(onlookers.disconnects).toBe(0);
  expect((await project.run('verify', stack)).code).toBe(0);
});

test('where the new container cannot even be made, the one from before runs again', async () => {
  const before = await inForce();
  const [port = 0] = await freePorts(1);
  const taker: Server = createServer();
  await new Promise<void>((done) => taker.listen(port, '127.0.0.1', done));
  const { listeners } = config as { listeners: unknown[] };
  project.configure(stack, { ...config, listeners: [...listeners, { port, bindAddress: '127.0.0.1' }] });
  const { code, stdout, stderr } = await project.run('up', stack);
  expect(code).not.toBe(0);
  expect(stdout).toContain(`port ${port} of 127.0.0.1 is taken by another program`);
  expect(stderr).toMatch(/the container from before runs again on the same data; \d+ checks passed now/);
  expect((await inForce()).folder).toBe(before.folder);
  await new Promise((done) => taker.close(done));
});

/** Kills an update with all that it has started, at what Docker reports of the broker's container. */
async function killedAt(event: 'destroy' | 'create'): Promise<void> {
  const filters = JSON.stringify({ type: ['container'], container: [`aipi-mqtt-${stack}`], event: [event] });
  const { child, outcome } = project.start('up', stack);
  const events = await docker.getEvents({ filters });
  const seen = new Promise<void>((done) => {
    events.once('data', () => {
      // At once: what it does next may take less time than to look for its processes.
      kill(-(child.pid ?? Number.NaN));
      done();
    });
  });
  const early = outcome.then(({ code, stdout, stderr }) => `it ended first, with ${code}:\n${stdout}${stderr}`);
  const first = await Promise.race([seen, early]);
  (events as unknown as { destroy(): void }).destroy();
  // An engine that outlives its command would still make the new container.
  await killAll(project.folder);
  await outcome;
  if (first !== undefined) throw new Error(`${event} was not seen: ${first}`);
}

async function isFinishedByTheNext(folder: string | undefined): Promise<void> {
  project.configure(stack, config);
  const { stderr } = await project.must('up', stack);
  expect(stderr).toContain('An earlier update was cut off while the broker was replaced');
  expect(stderr).toMatch(/the container from before runs again on the same data; \d+ checks passed now/);
  expect((await inForce()).folder).toBe(folder);
  expect((await project.run('verify', stack)).code).toBe(0);
}

test('an update that is killed while the broker is away is finished by the next one', async () => {
  const before = await inForce();
  await killedAt('destroy');
  const kept = readFileSync(
    join(stackFileFolder(project.home, project.folder), `Pulumi.${stack}.yaml.former.json`),
    'utf8',
  );
  expect(kept).toContain(before.id);
  expect(kept).not.toContain(login.password);
  await isFinishedByTheNext(before.folder);
});

test('so is one that is killed while it brings the broker back', async () => {
  const before = await inForce();
  const [port = 0] = await freePorts(1);
  const taker = createServer();
  await new Promise<void>((done) => taker.listen(port, '127.0.0.1', done));
  const { listeners } = config as { listeners: unknown[] };
  project.configure(stack, { ...config, listeners: [...listeners, { port, bindAddress: '127.0.0.1' }] });
  // The engine makes none, because the port is taken: the first container is that of the way back.
  await killedAt('create');
  await new Promise((done) => taker.close(done));
  await isFinishedByTheNext(before.folder);
});
