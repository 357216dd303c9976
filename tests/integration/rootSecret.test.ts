/**
 * Proves that a root secret which an earlier version kept as the id of a resource is replaced by the next update: it says
 * so beforehand, each device is in again with one new bundle, and accounts, their connections and the container stay as
 * they are. The stack of the earlier version is made by this program with the resource that it had then.
 *
 * What of the old secret is readable where depends on the plug-ins; that nothing of the new one is, secrecy.test.ts
 * proves.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { devicePassword } from '../../fleet/secrets';
import { accepted, Onlookers } from './clients';
import { devLike, docker, type Outcome, Project } from './project';

jest.setTimeout(300_000);

const devices = ['pi-01', 'pi-02', 'pi-03'];

let project: Project;
let stack: string;
let ports: number[];
let before: Awaited<ReturnType<Project['outputs']>>;
let container: string;
const onlookers = new Onlookers();

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  ({ stack, ports } = own);
  project.configure(stack, { ...own.config, devices });
  const now = asOfTheVersionBefore();
  await project.must('up', stack);
  writeFileSync(component(), now);
  before = await project.outputs(stack);
  container = (await docker.getContainer(`aipi-mqtt-${stack}`).inspect()).Id;
  const password = before.accounts.aisa_server;
  await onlookers.connect(5, `mqtt://127.0.0.1:${ports[0]}`, { username: 'aisa_server', password });
});

afterAll(async () => {
  await onlookers.end();
  await project.dispose();
});

test('a preview says so, and leaves the protection as it was', async () => {
  const { stderr, stdout } = await project.must('preview', stack);
  expect(stderr).toContain('The root secret of the devices counts as published');
  expect(stderr).toContain(`all ${devices.length} devices are out until each has a new bundle`);
  expect(stdout).toMatch(/- +random:index:RandomBytes mqtt-fleet-secret/);
  expect(rootOf(project, stack)).toMatchObject([{ type: 'random:index/randomBytes:RandomBytes', protect: true }]);
});

test('an update replaces it, and nobody but the devices notices', async () => {
  const outcome = await project.must('up', stack);
  expect(outcome.stderr).toContain('The root secret of the devices counts as published');
  expect(outcome.stderr).toContain(join(project.home, 'state', '.pulumi', 'history'));
  const after = await project.outputs(stack);
  expect(after.enrolment.rootSecret).not.toBe(before.enrolment.rootSecret);
  expect(after.accounts).toEqual(before.accounts);
  expect(await onlookers.serving()).toBe(5);
  expect(onlookers.disconnects).toBe(0);
  expect((await docker.getContainer(`aipi-mqtt-${stack}`).inspect()).Id).toBe(container);
  for (const id of devices) {
    expect(await login(id, devicePassword(before.enrolment.rootSecret, { id, generation: 1 }))).toBe(false);
    expect(await login(id, devicePassword(after.enrolment.rootSecret, { id, generation: 1 }))).toBe(true);
  }
  expect(rootOf(project, stack)).toMatchObject([
    { type: 'random:index/randomPassword:RandomPassword', id: 'none', protect: true },
  ]);
});

test('the next update has nothing to say', async () => {
  const { stdout, stderr }: Outcome = await project.must('up', stack);
  expect(stderr).not.toContain('root secret');
  expect(stdout).toContain('23 unchanged');
});

/** Puts the component back to what it made then; gives the text of now. */
function asOfTheVersionBefore(): string {
  const now = readFileSync(component(), 'utf8');
  const then = now
    .replace('new random.RandomPassword(', 'new random.RandomBytes(')
    .replace('length: rootSecretLength, special: false,', 'length: 32,')
    .replace('secret.result', 'secret.base64');
  expect(then.match(/RandomBytes\(|length: 32,|secret\.base64/g)).toHaveLength(3);
  writeFileSync(component(), then);
  return now;
}

function component(): string {
  return join(project.folder, 'components', 'fleet.ts');
}

function rootOf(from: Project, name: string): Array<{ urn: string }> {
  const { resources } = JSON.parse(from.state(name)).checkpoint.latest as { resources: Array<{ urn: string }> };
  return resources.filter(({ urn }) => urn.endsWith('::mqtt-fleet-secret'));
}

function login(id: string, password: string): Promise<boolean> {
  return accepted(`mqtt://127.0.0.1:${ports[2]}`, { username: id, clientId: id, password });
}
