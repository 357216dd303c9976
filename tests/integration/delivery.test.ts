/**
 * Proves that a bad file never reaches a running broker: each kind of damage is pushed at the delivery step itself,
 * beside a broker with 20 connected clients, and afterwards the old files serve and every client is still connected.
 */

import { spawn } from 'node:child_process';
import { resolve } from 'node:path';
import type { Delivery, DeliveryReport } from '../../fleet/delivery';
import { Onlookers } from './clients';
import { docker, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

const repository = resolve(__dirname, '../..');
let project: Project;
let stack: string;
let delivery: Delivery;
let onlookers: Onlookers;

beforeAll(async () => {
  project = new Project();
  const ports = await freePorts(2);
  stack = `test-${ports[0]}`;
  const listeners = [{ port: ports[0] }, { port: ports[1], tls: true }];
  project.configure(stack, { listeners, dnsNames: ['broker.example.org'] });
  await project.must('up', stack);
  const outputs = await project.outputs(stack);
  delivery = outputs.delivery;
  onlookers = new Onlookers();
  const login = { username: 'aisa_server', password: outputs.accounts.aisa_server };
  await onlookers.connect(10, `mqtt://127.0.0.1:${ports[0]}`, login);
  const tls = { ca: outputs.caCertificate, servername: 'broker.example.org' };
  await onlookers.connect(10, `mqtts://127.0.0.1:${ports[1]}`, { ...login, ...tls });
});

afterAll(async () => {
  await onlookers.end();
  await project.dispose();
});

/** Runs the delivery as the deployment does. */
function deliver(input: Delivery): Promise<{ code: number | null; stdout: string; stderr: string }> {
  return new Promise((done) => {
    const program = ['--require', './setup/typescript.cjs', 'operate/deliver.ts'];
    const child = spawn('node', program, { cwd: repository, env: project.environment });
    const texts = { stdout: '', stderr: '' };
    child.stdout.on('data', (data) => {
      texts.stdout += data;
    });
    child.stderr.on('data', (data) => {
      texts.stderr += data;
    });
    child.once('close', (code) => done({ code, ...texts }));
    child.stdin.end(JSON.stringify(input));
  });
}

/** The folder that the broker reads. */
async function current(): Promise<string> {
  const exec = await docker.getContainer(`aipi-mqtt-${stack}`).exec({
    Cmd: ['readlink', '/mosquitto/config/deployed/current'],
    AttachStdout: true,
    Tty: true,
  });
  const stream = await exec.start({ Tty: true });
  let output = '';
  for await (const chunk of stream) output += chunk;
  return output.trim();
}

function withFile(name: string, damage: (text: string) => string): Delivery {
  return { ...delivery, files: { ...delivery.files, [name]: damage(delivery.files[name] ?? '') } };
}

const otherKey = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgevZzL1gdAFr88hb2
OF/2NxApJCzGCEDdfSp6VQO30hyhRANCAAQRWz+jn65BtOMvdyHKcvjBeBSDZH2r
1RTwjmYSi9R/zpBnuQ4EiMnCqfMPWiZqB4QdbAd0E7oH50VpuZ1P087G
-----END PRIVATE KEY-----
`;

const damages: Array<[string, () => Delivery, RegExp]> = [
  ['a broken ACL line', () => withFile('acl', (text) => `${text}topic wrong access #\n`), /ACL file, line \d+/],
  ['a truncated password file', () => withFile('passwords', (text) => text.slice(0, -20)), /password file, line \d+/],
  ['a user twice', () => withFile('passwords', (text) => `${text}${text.split('\n')[0]}\n`), /stands twice/],
  ['an empty password file', () => withFile('passwords', () => ''), /password file/],
  ['a key of another certificate', () => withFile('server-ec.key', () => otherKey), /belongs to another certificate/],
  ['a certificate that is none', () => withFile('server-ec.pem', () => 'no PEM'), /not valid PEM/],
  [
    'a missing file',
    () => ({
      ...delivery,
      files: Object.fromEntries(Object.entries(delivery.files).filter(([name]) => name !== 'acl')),
    }),
    /no such file/,
  ],
  ['an unknown option', () => withFile('mosquitto.conf', (text) => `no_such_option 1\n${text}`), /no_such_option/],
  [
    'a bad value',
    () => withFile('mosquitto.conf', (text) => text.replace(/max_keepalive \d+/, 'max_keepalive 99999999')),
    /max_keepalive/,
  ],
  [
    'rules that do not do what they should',
    () => withFile('acl', (text) => text.replace('topic read device/control', 'topic read other/control')),
    /aisa_rpi/,
  ],
];

test.each(damages)('%s is refused, and nobody notices', async (_, damaged, reason) => {
  const before = await current();
  const { code, stdout, stderr } = await deliver(damaged());
  expect(code).toBe(1);
  expect(stdout).toBe('');
  expect(stderr).toMatch(reason);
  expect(stderr).not.toMatch(/\n\s+at .*:\d+/);
  expect(await current()).toBe(before);
  expect(onlookers.disconnects).toBe(0);
  expect(await onlookers.serving()).toBe(20);
});

test('a broker that cannot take the files over gets the old ones back', async () => {
  const before = await current();
  const container = docker.getContainer(`aipi-mqtt-${stack}`);
  await container.pause();
  const { code, stderr } = await deliver(
    withFile('mosquitto.conf', (text) => text.replace(/max_queued_messages \d+/, 'max_queued_messages 123')),
  );
  await container.unpause();
  expect(code).toBe(1);
  expect(stderr).toMatch(/the files from before are back/);
  expect(await current()).toBe(before);
  expect(onlookers.disconnects).toBe(0);
  expect(await onlookers.serving()).toBe(20);
});

test('good files are taken over, and a delivery leaves nothing behind', async () => {
  const before = await current();
  const { code, stdout } = await deliver(
    withFile('mosquitto.conf', (text) => text.replace(/max_queued_messages \d+/, 'max_queued_messages 123')),
  );
  expect(code).toBe(0);
  expect((JSON.parse(stdout) as DeliveryReport).action).toBe('reloaded');
  expect(await current()).not.toBe(before);
  expect(onlookers.disconnects).toBe(0);
  expect(await onlookers.serving()).toBe(20);
  expect(await leftovers(`aipi-mqtt-${stack}`)).toHaveLength(4);
});
