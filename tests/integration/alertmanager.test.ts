/**
 * Proves with a real Alertmanager that an alert comes by mail and by webhook, with the command to run next and a login
 * from files; that nothing else is said of a broker that is down; and that what is graver is said alone.
 *
 * Does not prove that a mail server on the internet takes it: this one stands on this machine and wants no TLS.
 */

import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import type Docker from 'dockerode';
import { parse, stringify } from 'yaml';
import { docker } from '../../setup/docker';
import { home } from '../../setup/home';
import { image } from '../../setup/image';
import { alertmanagerConfiguration, alertmanagerFile, alertmanagerSecrets } from '../../watching/alertmanager';
import { alerts, commandOf } from '../../watching/alerts';
import { monitoringImages } from '../../watching/settings';
import { watched } from '../unit/watched';
import { MailServer } from './mailServer';
import { docker as client, freePorts } from './project';

interface Notification {
  status: string;
  alerts: Array<{ labels: Record<string, string>; annotations: Record<string, string> }>;
}

const password = 'password of the mail';
const to = ['operator@example.org', 'second@example.org'];
const mail = new MailServer();
const notifications: Notification[] = [];
let hook: Server;
let alertmanager: Docker.Container | undefined;
let folder: string;
let address: string;

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-alertmanager-'));
  // The program in the container is nobody.
  chmodSync(folder, 0o755);
  const smarthost = await mail.start();
  hook = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (data) => {
      text += data;
    });
    request.once('end', () => {
      notifications.push(JSON.parse(text) as Notification);
      response.end();
    });
  }).listen(0, '127.0.0.1');
  await once(hook, 'listening');
  const [port] = await freePorts(1);
  address = `http://127.0.0.1:${port}`;
  const files = {
    [alertmanagerSecrets.emailPassword]: password,
    [alertmanagerSecrets.webhookUrl]: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/secret`,
  };
  const settings = { email: { to, from: 'broker@example.org', smarthost, username: 'broker' }, webhook: true };
  let text = inHurry(alertmanagerConfiguration(watched, settings));
  for (const [path, secret] of Object.entries(files)) {
    const own = join(folder, path.replaceAll('/', '_'));
    writeFileSync(own, secret);
    text = text.replaceAll(path, own);
  }
  const configuration = join(folder, alertmanagerFile);
  writeFileSync(configuration, text);
  const { address: engine } = await docker({});
  await image({ reference: monitoringImages.alertmanager, address: engine, home: home() });
  alertmanager = await client.createContainer({
    Image: monitoringImages.alertmanager,
    Cmd: [
      `--config.file=${configuration}`,
      '--storage.path=/alertmanager',
      `--web.listen-address=127.0.0.1:${port}`,
      '--cluster.listen-address=',
    ],
    HostConfig: { AutoRemove: true, NetworkMode: 'host', Binds: [`${folder}:${folder}:ro`] },
  });
  await alertmanager.start();
  await until(async () => (await fetch(`${address}/-/ready`)).ok);
}, 30_000);

afterAll(async () => {
  await alertmanager?.remove({ force: true, v: true });
  mail.stop();
  hook?.close();
  if (folder !== undefined) rmSync(folder, { recursive: true });
});

/** The same without a wait for further alerts, and without TLS to the mail server. */
function inHurry(configuration: string): string {
  const { route, receivers, ...rest } = parse(configuration);
  for (const email of receivers[0].email_configs) email.require_tls = false;
  return stringify({ ...rest, route: { ...route, group_wait: '0s' }, receivers });
}

async function until(isSo: () => Promise<boolean> | boolean): Promise<void> {
  while (
    !(await Promise.resolve()
      .then(isSo)
      .catch(() => false))
  ) {
    // Fails where it has ended.
    await alertmanager?.inspect();
    await wait(50);
  }
}

/** As Prometheus does. */
async function fire(name: string, labels: Record<string, string>): Promise<void> {
  const alert = alerts(watched).find((each) => each.name === name);
  if (alert === undefined) throw new Error(`no alert ${name}`);
  const { severity, summary, description } = alert;
  const annotations = { summary, description, run: commandOf(alert, watched) };
  const fired = [{ labels: { alertname: name, severity, ...labels }, annotations }];
  const response = await fetch(`${address}/api/v2/alerts`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(fired),
  });
  expect(response.status).toBe(200);
}

/** Whether what was fired is held back. */
async function isHeldBack(name: string, labels: Record<string, string>): Promise<boolean> {
  type Alert = { labels: Record<string, string>; status: { state: string; inhibitedBy: string[] } };
  const all = (await (await fetch(`${address}/api/v2/alerts`)).json()) as Alert[];
  const found = all.find(
    (alert) =>
      alert.labels.alertname === name &&
      Object.entries(labels).every(([label, value]) => alert.labels[label] === value),
  );
  if (found === undefined || found.status.state === 'unprocessed') throw new Error(`${name} is not known yet`);
  return found.status.inhibitedBy.length > 0;
}

async function becomes(isSo: boolean, name: string, labels: Record<string, string>): Promise<void> {
  await until(async () => (await isHeldBack(name, labels)) === isSo);
}

const stack = { stack: 'prod' };

test('an alert comes by mail and by webhook, with the command to run next', async () => {
  await fire('MosquittoDown', stack);
  await until(() => notifications.length > 0 && mail.mails.length >= to.length);
  expect(notifications[0]?.status).toBe('firing');
  expect(notifications[0]?.alerts[0]).toMatchObject({
    labels: { alertname: 'MosquittoDown', severity: 'critical', ...stack },
    annotations: { run: 'npm run doctor -- prod' },
  });
  expect(mail.mails.flatMap((each) => each.to).sort()).toEqual(to);
  for (const { login, text } of mail.mails) {
    expect(login).toBe(`broker:${password}`);
    expect(text).toContain('Subject: firing: MosquittoDown of prod');
    expect(text).toContain('Run: npm run doctor -- prod');
    expect(text).not.toContain('<html');
  }
});

test('nothing else is said of a broker that is down, and all of another one', async () => {
  await fire('MosquittoDevicesSilent', { ...stack, role: 'sensor' });
  await fire('MosquittoDevicesSilent', { stack: 'other', role: 'sensor' });
  await becomes(true, 'MosquittoDevicesSilent', stack);
  await becomes(false, 'MosquittoDevicesSilent', { stack: 'other' });
});

test('what is graver is said alone, of the same listener', async () => {
  const [first, second] = ['mqtts-8883', 'wss-9001'].map((listener) => ({ stack: 'other', listener }));
  await fire('MosquittoCertificateEndsSoon', first ?? {});
  await fire('MosquittoCertificateEnds', first ?? {});
  await fire('MosquittoCertificateEnds', second ?? {});
  await becomes(true, 'MosquittoCertificateEnds', first ?? {});
  await becomes(false, 'MosquittoCertificateEnds', second ?? {});
});
