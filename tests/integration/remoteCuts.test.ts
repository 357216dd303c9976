/**
 * Proves what a bad line to another machine does to an update: on one that is slow and loses packets it comes to its end and
 * nobody notices; where the connection breaks, at whatever moment, the broker goes on with the files from before or with the
 * new ones, and the next update makes good; one that falls silent is given up.
 *
 * A connection is broken at three moments of an update, with EVERY_MOMENT=1 at ten; CUT_MOMENTS takes another number.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { Onlookers } from './clients';
import { Project } from './project';
import { RemoteMachine } from './remoteMachine';

jest.setTimeout(600_000);

const stack = 'test-cuts';
const container = `aipi-mqtt-${stack}`;
const moments = Number(process.env.CUT_MOMENTS ?? (process.env.EVERY_MOMENT === '1' ? 10 : 3));
const before = process.env.DOCKER_SSH_OPTS;

let project: Project;
let machine: RemoteMachine;
let count = 1;
const onlookers = new Onlookers();

function oneMore(): void {
  count += 1;
  project.configure(stack, {
    dockerHost: machine.host(),
    ipAddresses: [machine.addresses.there],
    devices: Array.from({ length: count }, (_, index) => `pi-${index}`),
    listeners: [
      { port: 1883, protocol: 'mqtt', bindAddress: '127.0.0.1' },
      { port: 8883, protocol: 'mqtt', tls: true, bindAddress: '0.0.0.0', unfiltered: true },
      { port: 8884, protocol: 'mqtt', clients: 'devices', tls: true, bindAddress: '0.0.0.0', unfiltered: true },
    ],
  });
}

beforeAll(async () => {
  project = new Project();
  machine = await RemoteMachine.start();
  await machine.load('eclipse-mosquitto:2.1.2');
  process.env.DOCKER_SSH_OPTS = machine.options();
  oneMore();
  await project.must('up', stack);
  const { accounts, caCertificate } = await project.outputs(stack);
  const login = { username: 'aisa_server', password: accounts.aisa_server, ca: caCertificate, servername: '' };
  await onlookers.connect(10, `mqtts://${machine.addresses.there}:8883`, login);
});

afterAll(async () => {
  if (before === undefined) delete process.env.DOCKER_SSH_OPTS;
  else process.env.DOCKER_SSH_OPTS = before;
  await onlookers.end();
  await machine?.end();
  await project.dispose();
});

/** The broker from the beginning goes on, with everybody who is connected to it. */
async function everybodyStayed(): Promise<void> {
  const { State, RestartCount } = await machine.docker.getContainer(container).inspect();
  expect([State.Running, RestartCount, onlookers.disconnects, await onlookers.serving()]).toEqual([true, 0, 0, 10]);
}

test('on a slow line that loses packets a device is added, and nobody notices', async () => {
  oneMore();
  await machine.tell('delay 100');
  await machine.tell('loss 1');
  const { stdout } = await project.must('up', stack, '--json');
  await machine.tell('delay 0');
  await machine.tell('loss 0');
  const { checks, steadiness } = JSON.parse(stdout);
  expect(checks.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
  expect(steadiness).toMatchObject({ disconnects: 0, lost: 0 });
  await everybodyStayed();
});

test('a connection that breaks, at whatever moment, does nobody harm, and the next update makes good', async () => {
  oneMore();
  const started = performance.now();
  await project.must('up', stack);
  const length = performance.now() - started;
  let noticed = 0;
  for (let moment = 0; moment < moments; moment += 1) {
    oneMore();
    const run = project.start('up', stack);
    await sleep((length * (moment + 0.5)) / moments);
    const { logins } = machine;
    machine.hangUp();
    const { code, stderr } = await run.outcome;
    if (code !== 0 || machine.logins > logins) noticed += 1;
    if (code !== 0) expect(stderr).not.toMatch(/\n\s+at .*:\d+:\d+/);
    await everybodyStayed();
  }
  expect(noticed).toBeGreaterThan(0);
  const { stdout } = await project.must('up', stack, '--json');
  expect(JSON.parse(stdout).checks.filter(({ ok }: { ok: boolean }) => !ok)).toEqual([]);
  await everybodyStayed();
  const names = (await machine.docker.listContainers({ all: true })).flatMap(({ Names }) => Names);
  expect(names).toEqual([`/${container}`]);
});

test('a line that falls silent is given up, and the next update makes good', async () => {
  oneMore();
  const run = project.start('up', stack);
  const delivers = new Promise<boolean>((done) => {
    let said = '';
    run.child.stdout.on('data', (data) => {
      said += data;
      if (said.includes('configuration-delivery')) done(true);
    });
  });
  const early = run.outcome.then(({ code, stdout, stderr }) => `it ended first, with ${code}:\n${stdout}${stderr}`);
  expect(await Promise.race([delivers, early])).toBe(true);
  await machine.tell('cut');
  const { code } = await run.outcome;
  await machine.tell('mend');
  expect(code).toBe(1);
  await project.must('up', stack);
});
