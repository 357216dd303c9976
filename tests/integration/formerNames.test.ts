/**
 * Proves that a stack of a version before, whose resources stood at the top of it and had no broker around them, is taken
 * over by an update that replaces nothing, deletes nothing and puts nobody out: from its whole state, and from one that
 * an update left half way. Commands find in such a state what they look for.
 *
 * The states are made from one of this version, by the names of before. That a program of before has made the same one
 * is not proved here.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Onlookers } from './clients';
import { devLike, docker, Project } from './project';

jest.setTimeout(300_000);

let project: Project;
let stack: string;
let before: Awaited<ReturnType<Project['outputs']>>;
let container: string;
const onlookers = new Onlookers();

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  stack = own.stack;
  const tls = { port: own.ports[1], bindAddress: '127.0.0.1', tls: true };
  const devices = { port: own.ports[2], bindAddress: '127.0.0.1', clients: 'devices' };
  const listeners = [{ port: own.ports[0], bindAddress: '127.0.0.1' }, tls, devices];
  project.configure(stack, { listeners, dnsNames: ['broker.example.org'], devices: ['pi-01'] });
  await project.must('up', stack);
  before = await project.outputs(stack);
  container = (await docker.getContainer(`aipi-mqtt-${stack}`).inspect()).Id;
  const login = { username: 'aisa_server', password: before.accounts.aisa_server };
  await onlookers.connect(5, `mqtt://127.0.0.1:${own.ports[0]}`, login);
});

afterAll(async () => {
  await onlookers.end();
  await project.dispose();
});

/** Changes the file of the state. */
function rewrite(change: (text: string) => string): void {
  const file = join(project.home, 'state', '.pulumi', 'stacks', 'aipi-mqtt', `${stack}.json`);
  const text = readFileSync(file, 'utf8');
  const changed = change(text);
  expect(changed).not.toBe(text);
  writeFileSync(file, changed);
}

const whole = 'aipi:index:MqttBroker';

/** Everything at the top, by the names of before. */
function asBefore(text: string): string {
  const state = JSON.parse(text);
  const { latest } = state.checkpoint;
  const root = latest.resources.find(({ type }: { type: string }) => type === 'pulumi:pulumi:Stack').urn;
  const broker = latest.resources.find(({ type }: { type: string }) => type === whole).urn;
  latest.resources = latest.resources.filter(({ urn }: { urn: string }) => urn !== broker);
  return JSON.stringify(state)
    .replaceAll(`"${broker}"`, `"${root}"`)
    .replaceAll(`${whole}$`, '')
    .replaceAll('::mqtt-', '::');
}

/** Components and what is not in one are called anew, all else by its types alone: as an engine leaves it that was killed. */
function asHalfWay(text: string): string {
  return text.replaceAll(/(MqttBroker\$aipi:index:\w+\$[\w:/]+::)mqtt-/g, '$1');
}

test.each([
  ['before', asBefore, /\+ 1 created\s+\d+ unchanged/],
  ['an update that was cut off', asHalfWay, /^\s+\d+ unchanged/m],
])('the state of %s is taken over as it is', async (_, change, summary) => {
  rewrite(change);
  expect((await project.run('verify', stack)).code).toBe(0);
  expect((await project.must('devices', stack)).stdout).toContain('pi-01');
  const { stdout } = await project.must('up', stack);
  expect(stdout).toMatch(summary);
  expect(stdout).not.toMatch(/delet|replac|updated/);
  const after = await project.outputs(stack);
  for (const name of ['accounts', 'enrolment', 'caCertificate']) expect(after[name]).toEqual(before[name]);
  expect((await docker.getContainer(`aipi-mqtt-${stack}`).inspect()).Id).toBe(container);
  expect(onlookers.disconnects).toBe(0);
  expect(await onlookers.serving()).toBe(5);
  await project.must('preview', stack, '--expect-no-changes');
});

test('a stack of before is destroyed without an update', async () => {
  rewrite(asBefore);
  const { stdout } = await project.must('destroy', stack);
  expect(stdout).toMatch(/\d+ deleted/);
});
