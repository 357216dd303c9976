/**
 * Proves that what can be changed live is changed live: passwords, accounts, access rules and reloadable limits reach a
 * running broker through a real update, and clients of other accounts notice nothing. A new port needs another
 * container, and what the broker has kept survives it.
 */

import mqtt from 'mqtt';
import { accepted, Onlookers } from './clients';
import { devLike, docker, freePorts, Project } from './project';

jest.setTimeout(300_000);

const server = { username: 'aisa_server', topics: ['readwrite #'] };
const pi = { username: 'aisa_rpi', topics: ['read device/control', 'write device/+/data'] };

let project: Project;
let stack: string;
let url: string;
let config: Record<string, unknown>;
let onlookers: Onlookers;

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  ({ stack } = own);
  config = { ...own.config, accounts: [server, pi] };
  url = `mqtt://127.0.0.1:${own.ports[0]}`;
  project.configure(stack, config);
  await project.must('up', stack);
  const { accounts } = await project.outputs(stack);
  onlookers = new Onlookers();
  await onlookers.connect(20, url, { username: 'aisa_server', password: accounts.aisa_server });
});

afterAll(async () => {
  await onlookers.end();
  await project.dispose();
});

/** Deploys a change, and returns how the container looks then. */
async function change(changed: Record<string, unknown>) {
  config = { ...config, ...changed };
  project.configure(stack, config);
  await project.must('up', stack);
  return docker.getContainer(`aipi-mqtt-${stack}`).inspect();
}

test('password, account, access rule and limit change without a restart and without a disconnect', async () => {
  const before = await docker.getContainer(`aipi-mqtt-${stack}`).inspect();
  const { accounts: old } = await project.outputs(stack);
  const after = await change({
    accounts: [
      server,
      { username: 'aisa_rpi', generation: 2, topics: ['read device/control', 'write telemetry/+'] },
      { username: 'dashboard', topics: ['read telemetry/#'] },
    ],
    persistentClientExpirationDays: 7,
  });
  expect(after.Id).toBe(before.Id);
  expect(after.State.StartedAt).toBe(before.State.StartedAt);
  expect(onlookers.disconnects).toBe(0);
  expect(await onlookers.serving()).toBe(20);

  const { accounts } = await project.outputs(stack);
  expect(accounts.aisa_server).toBe(old.aisa_server);
  expect(await accepted(url, { username: 'aisa_rpi', password: old.aisa_rpi })).toBe(false);
  expect(await accepted(url, { username: 'aisa_rpi', password: accounts.aisa_rpi })).toBe(true);
  expect(await accepted(url, { username: 'dashboard', password: accounts.dashboard })).toBe(true);
});

test('a removed account is out', async () => {
  const { accounts } = await project.outputs(stack);
  await change({ accounts: [server, pi] });
  expect(await accepted(url, { username: 'dashboard', password: accounts.dashboard })).toBe(false);
  expect(onlookers.disconnects).toBe(0);
});

test('a new port replaces the container; retained and queued messages survive', async () => {
  const { accounts } = await project.outputs(stack);
  const login = { username: 'aisa_server', password: accounts.aisa_server, reconnectPeriod: 0 };
  const session = { ...login, clientId: 'persistent-session', clean: false };
  const sleeper = await mqtt.connectAsync(url, session);
  await sleeper.subscribeAsync('kept/queued', { qos: 1 });
  await sleeper.endAsync();
  const publisher = await mqtt.connectAsync(url, login);
  await publisher.publishAsync('kept/queued', 'while away', { qos: 1 });
  await publisher.publishAsync('kept/retained', 'for later', { qos: 1, retain: true });
  await publisher.endAsync();

  const [port] = await freePorts(1);
  const before = await docker.getContainer(`aipi-mqtt-${stack}`).inspect();
  const after = await change({ listeners: [{ port, protocol: 'mqtt' }] });
  expect(after.Id).not.toBe(before.Id);

  const received: string[] = [];
  const awake = mqtt.connect(`mqtt://127.0.0.1:${port}`, session);
  const both = new Promise<void>((done) => {
    awake.on('message', (topic, message) => {
      received.push(`${topic}: ${message}`);
      if (received.length === 2) done();
    });
  });
  await new Promise((done) => awake.once('connect', done));
  await awake.subscribeAsync('kept/retained', { qos: 1 });
  await both;
  await awake.endAsync();
  expect(received.sort()).toEqual(['kept/queued: while away', 'kept/retained: for later']);
});

test('the root secret of devices stays, unless somebody lets go of it first', async () => {
  const [accountsPort, devicesPort] = await freePorts(2);
  const listeners = [{ port: accountsPort }, { port: devicesPort, clients: 'devices' }];
  await change({ listeners, devices: ['pi-1'] });
  const login = async () => ({ username: 'pi-1', password: (await project.outputs(stack)).devices['pi-1'].password });
  const own = `mqtt://127.0.0.1:${devicesPort}`;
  const before = await login();
  expect(await accepted(own, before)).toBe(true);

  config = { ...config, deviceSecretGeneration: 2 };
  project.configure(stack, config);
  const { code, stdout } = await project.run('up', stack);
  expect(code).not.toBe(0);
  expect(stdout).toContain('marked for protection');
  const urn = stdout.match(/urn:\S+::mqtt-fleet-secret/)?.[0] ?? '';
  expect(await accepted(own, before)).toBe(true);

  await project.must('pulumi', 'state', 'unprotect', urn, '--stack', stack, '--yes');
  await project.must('up', stack);
  const after = await login();
  expect(after.password).not.toBe(before.password);
  expect(await accepted(own, before)).toBe(false);
  expect(await accepted(own, after)).toBe(true);

  // Without a listener for devices the secret stays for the day when there is one again.
  await change({ listeners: [{ port: accountsPort }], devices: [] });
  await change({ listeners, devices: ['pi-1'] });
  expect(await login()).toEqual(after);
});
