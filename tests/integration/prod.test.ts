/**
 * Proves that the configuration of production, under any other stack name, gives TLS and WebSockets over TLS on a
 * hardened container, beside a plain stack of the same program in the same engine. Only ports and bind addresses differ
 * from Pulumi.prod.yaml, so that the test opens nothing to the network.
 */

import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { parse } from 'yaml';
import type { CheckResult } from '../../mosquitto/result';
import { lastLines, logs } from '../../operate/docker';
import { devLike, docker, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

let project: Project;
let ports: number[];
const stack = 'another-name';

beforeAll(async () => {
  project = new Project();
  ports = await freePorts(5);
  const { config } = parse(readFileSync(join(project.folder, 'Pulumi.prod.yaml'), 'utf8'));
  const own = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace('aipi-mqtt:', ''), value]));
  const listeners = own.listeners as Array<{ port: number }>;
  expect(listeners.map(({ port }) => port)).toEqual([1883, 8883, 9001, 8884]);
  own.listeners = listeners.map((listener, index) => ({ ...listener, port: ports[index], bindAddress: '127.0.0.1' }));
  const monitoring = { ...own.monitoring, port: ports[4] };
  project.configure(stack, { ...own, monitoring, containerName: `test-${ports[0]}` });
  await project.must('up', stack);
});

afterAll(() => project.dispose());

test('every check holds on TLS and on WebSockets over TLS', async () => {
  const checks = JSON.parse((await project.must('verify', stack, '--json')).stdout) as CheckResult[];
  expect(checks.filter(({ ok }) => !ok)).toEqual([]);
  for (const name of [`mqtt-${ports[0]}`, `mqtts-${ports[1]}`, `wss-${ports[2]}`, `mqtts-${ports[3]}`]) {
    expect(checks.filter(({ check }) => check.startsWith(`${name}: `)).length).toBeGreaterThan(10);
  }
  const tls = checks.filter(({ check }) =>
    /certificate is valid for|shows the certificate|TLS 1.1 is refused|without TLS is refused/.test(check),
  );
  expect(tls).toHaveLength(12);
});

test('the certificates pass strict verification', async () => {
  const { caCertificate, delivery } = await project.outputs(stack);
  const file = (name: string, text: string) => {
    writeFileSync(join(project.folder, name), text);
    return join(project.folder, name);
  };
  const authority = file('ca.pem', caCertificate);
  const server = file('server.pem', delivery.files['server-ec.pem']);
  const strict = ['verify', '-x509_strict', '-purpose', 'sslserver', '-verify_hostname', 'aipi-mqtt.local'];
  const answer = execFileSync('openssl', [...strict, '-CAfile', authority, server], { encoding: 'utf8' });
  expect(answer.trim()).toBe(`${server}: OK`);
});

test('the container is hardened', async () => {
  const { Config, HostConfig } = await docker.getContainer(`test-${ports[0]}`).inspect();
  expect(Config.User).toBe('1883:1883');
  expect(HostConfig.CapDrop).toEqual(['ALL']);
  expect(HostConfig.ReadonlyRootfs).toBe(true);
  expect(HostConfig.SecurityOpt).toEqual(['no-new-privileges:true']);
  expect(HostConfig.RestartPolicy?.Name).toBe('unless-stopped');
  expect(HostConfig.Ulimits).toEqual([{ Name: 'nofile', Soft: 11_024, Hard: 11_024 }]);
  expect(HostConfig.LogConfig?.Config).toEqual({ 'max-file': '5', 'max-size': '10m' });
  expect(HostConfig.Binds).toContain(`test-${ports[0]}-configuration:/mosquitto/config:ro`);
});

test('the same program runs twice in one engine', async () => {
  const dev = await devLike();
  project.configure(dev.stack, dev.config);
  await project.must('up', dev.stack);
  const [{ stdout }, { code }] = await Promise.all([project.must('up', stack), project.run('verify', dev.stack)]);
  expect(stdout).toContain('36 unchanged');
  expect(code).toBe(0);
  await project.must('destroy', dev.stack);
  expect((await project.run('verify', stack)).code).toBe(0);
});

test('a retained message and a queued QoS 1 message survive a killed broker', async () => {
  const { accounts, caCertificate } = await project.outputs(stack);
  const login = {
    username: 'aisa_server',
    password: accounts.aisa_server,
    ca: caCertificate,
    servername: 'aipi-mqtt.local',
    reconnectPeriod: 0,
  };
  const url = `mqtts://127.0.0.1:${ports[1]}`;
  const session = { ...login, clientId: 'sleeper', clean: false };
  const sleeper = await mqtt.connectAsync(url, session);
  await sleeper.subscribeAsync('kept/+', { qos: 1 });
  await sleeper.endAsync();
  const publisher = await mqtt.connectAsync(url, login);
  await publisher.publishAsync('kept/queued', 'while away', { qos: 1 });
  await publisher.publishAsync('other/retained', 'for later', { qos: 1, retain: true });
  await publisher.endAsync(true);

  const container = docker.getContainer(`test-${ports[0]}`);
  await container.kill({ signal: 'SIGKILL' });
  await container.start();

  const received = new Set<string>();
  const seen: string[] = [];
  const awake = mqtt.connect(url, { ...session, reconnectPeriod: 100 });
  for (const event of ['connect', 'close', 'error'] as const) {
    awake.on(event, (detail?: unknown) =>
      seen.push(`${event} ${detail instanceof Error ? detail.message : ''}`.trim()),
    );
  }
  awake.on('message', (topic, message) => received.add(`${topic}: ${message}`));
  awake.on('connect', () => void awake.subscribeAsync('other/retained', { qos: 1 }).catch(() => {}));
  const patience = Date.now() + 120_000;
  while (received.size < 2 && Date.now() < patience) await sleep(20);
  await awake.endAsync(true);
  const { State } = await docker.getContainer(`test-${ports[0]}`).inspect();
  const words = received.size < 2 ? lastLines(await logs(container)) : '';
  expect({ received: [...received].sort(), running: State.Running, words, ...(words !== '' && { seen }) }).toEqual({
    received: ['kept/queued: while away', 'other/retained: for later'],
    running: true,
    words: '',
  });
});

test('destroy leaves nothing', async () => {
  await project.must('destroy', stack);
  expect(await leftovers(`test-${ports[0]}`)).toEqual([]);
});
