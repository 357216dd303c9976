/**
 * Proves with the real engine, Docker, Prometheus and Alertmanager that a stack which asks for them gets them: the exporter
 * is scraped, rules are loaded, alerts have somewhere to go; no secret is seen; another configuration is another container
 * of its own, and nobody else's; what was gathered stays or goes as configured; and nothing of somebody else's is taken.
 *
 * Images may be stand-ins, and Grafana is not among them: what is proved of it is in tests/unit/services.test.ts.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import {
  alertingNetwork,
  publishingNetwork,
  watcherContainer,
  watcherVolume,
  watchingNetwork,
} from '../../watching/containers';
import { devLike, docker, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

const needles = {
  alertEmailPassword: 'needle-of-the-password',
  alertWebhookUrl: 'http://127.0.0.1:9/needle-of-the-hook',
};

let project: Project;
let stack: string;
let broker: string;
let monitoring: { prometheus: Record<string, unknown>; alertmanager: Record<string, unknown> };
let config: Record<string, unknown>;
let prometheusPort = 0;
/** A moment, in seconds since 1970, at which something was gathered. */
let gathered = 0;
const said: string[] = [];

const name = (watcher: Parameters<typeof watcherContainer>[1]) => watcherContainer(broker, watcher);
const inspect = (container: string) => docker.getContainer(container).inspect();

function configure(): void {
  project.configure(stack, { ...config, monitoring });
}

async function run(command: string, ...words: string[]): Promise<string> {
  const { stdout, stderr } = await project.must(command, stack, ...words);
  said.push(stdout, stderr);
  return stdout;
}

async function ask<T>(path: string): Promise<T> {
  const answer = await fetch(`http://127.0.0.1:${prometheusPort}/api/v1/${path}`);
  return ((await answer.json()) as { data: T }).data;
}

interface Vector {
  result: Array<{ metric: Record<string, string>; value: [number, string] }>;
}

async function until<T>(look: () => Promise<T | undefined>): Promise<T> {
  for (;;) {
    const seen = await look().catch(() => undefined);
    if (seen !== undefined) return seen;
    await sleep(200);
  }
}

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  const [port, prometheus, alertmanager] = await freePorts(3);
  stack = own.stack;
  broker = `aipi-mqtt-${stack}`;
  prometheusPort = prometheus ?? 0;
  monitoring = {
    ...{ enabled: true, port },
    prometheus: { port: prometheus, retainDataOnDestroy: true },
    alertmanager: {
      port: alertmanager,
      email: { to: ['a@example.org'], from: 'b@example.org', smarthost: 'smtp.example.org:587', username: 'ops' },
      webhook: true,
    },
  };
  config = { ...own.config, ...needles };
  configure();
});

afterAll(() => project.dispose());

test('a container of somebody else is left alone, and named', async () => {
  const labels = { 'aipi-mqtt.project': 'aipi-mqtt', 'aipi-mqtt.stack': 'other', 'aipi-mqtt.state': 'elsewhere' };
  const theirs = await docker.createContainer({
    name: name('alertmanager'),
    Image: 'eclipse-mosquitto:2.1.2',
    Labels: labels,
  });
  try {
    const { code, stdout, stderr } = await project.run('up', stack);
    expect(code).not.toBe(0);
    expect(stdout + stderr).toContain(
      `containerName: "${broker}" is watched by "${name('alertmanager')}", a name that belongs to a container of the stack "other"`,
    );
    expect((await inspect(name('alertmanager'))).Id).toBe(theirs.id);
  } finally {
    await theirs.remove({ force: true });
  }
});

test('up brings what is asked for', () => run('up'));

test('they have no more than they need', async () => {
  for (const watcher of ['prometheus', 'alertmanager'] as const) {
    const { HostConfig, Config } = await inspect(name(watcher));
    expect(Config.User).toBe('65534:65534');
    expect(HostConfig).toMatchObject({
      ReadonlyRootfs: true,
      CapDrop: ['ALL'],
      SecurityOpt: ['no-new-privileges:true'],
      RestartPolicy: { Name: 'unless-stopped' },
    });
    expect(HostConfig.Memory).toBeGreaterThan(0);
    expect(Object.values(HostConfig.PortBindings).flat()).toMatchObject([{ HostIp: '127.0.0.1' }]);
  }
});

test('secrets are in files that nothing shows', async () => {
  const containers = await Promise.all(
    ['exporter', 'prometheus', 'alertmanager'].map((each) => inspect(name(each as 'exporter'))),
  );
  const logs = await docker.getContainer(name('alertmanager')).logs({ stdout: true, stderr: true });
  const seen = [JSON.stringify(containers), logs.toString(), project.state(stack), ...said].join('\n');
  for (const needle of Object.values(needles)) expect(seen).not.toContain(needle);
  expect(await fileIn(name('alertmanager'), '/etc/alertmanager/webhook-url')).toContain(needles.alertWebhookUrl);
});

async function fileIn(container: string, path: string): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of await docker.getContainer(container).getArchive({ path })) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString();
}

test('another configuration of one is another container of its own, and of nobody else, whatever the engine looks at', async () => {
  const ids = async () =>
    Object.fromEntries(
      await Promise.all(
        [broker, name('exporter'), name('prometheus'), name('alertmanager')].map(async (each) => [
          each,
          (await inspect(each)).Id,
        ]),
      ),
    );
  const before = await ids();
  const { email: _, ...others } = monitoring.alertmanager;
  monitoring.alertmanager = others;
  config = { ...config, alertEmailPassword: '' };
  configure();
  await run('up', '--refresh');
  const after = await ids();
  expect(Object.keys(after).filter((each) => after[each] !== before[each])).toEqual([name('alertmanager')]);
  await expect(fileIn(name('alertmanager'), '/etc/alertmanager/email-password')).rejects.toMatchObject({
    statusCode: 404,
  });
});

test('Prometheus asks the exporter, knows its rules, and has somebody to alert', async () => {
  const { activeTargets } = await until(async () => {
    const targets = await ask<{ activeTargets: Array<{ scrapeUrl: string; health: string }> }>('targets');
    return targets.activeTargets.every(({ health }) => health === 'up') ? targets : undefined;
  });
  expect(activeTargets.map(({ scrapeUrl }) => scrapeUrl)).toEqual([`http://${name('exporter')}:9234/metrics`]);
  const [sample] = await until(async () => {
    const { result } = await ask<Vector>('query?query=mosquitto_up');
    return result.length > 0 ? result : undefined;
  });
  gathered = sample?.value[0] ?? 0;
  expect(sample?.value[1]).toBe('1');
  const { activeAlertmanagers } = await until(async () => {
    const found = await ask<{ activeAlertmanagers: Array<{ url: string }> }>('alertmanagers');
    return found.activeAlertmanagers.length > 0 ? found : undefined;
  });
  expect(activeAlertmanagers.map(({ url }) => url)).toEqual([`http://${name('alertmanager')}:9093/api/v2/alerts`]);
  const { groups } = await ask<{ groups: Array<{ rules: unknown[] }> }>('rules');
  expect(groups.flatMap(({ rules }) => rules).length).toBeGreaterThan(5);
});

test('what Prometheus has gathered stays where that is configured, and is there again', async () => {
  await run('destroy');
  expect(await leftovers(broker)).toEqual([`/${watcherVolume(broker, 'prometheus')}`]);
  monitoring.prometheus.retainDataOnDestroy = false;
  configure();
  await run('up');
  const { result } = await ask<Vector>(`query?query=mosquitto_up&time=${gathered}`);
  expect(result.map(({ value }) => value[1])).toEqual(['1']);
});

test('destroy leaves nothing', async () => {
  const { Mounts } = await inspect(name('prometheus'));
  await run('destroy');
  expect(await leftovers(broker)).toEqual([]);
  const { Volumes } = await docker.listVolumes();
  expect(Volumes.map(({ Name }) => Name).filter((each) => Mounts.some(({ Name }) => Name === each))).toEqual([]);
  const networks = (await docker.listNetworks()).map(({ Name }) => Name);
  for (const its of [watchingNetwork, publishingNetwork, alertingNetwork]) expect(networks).not.toContain(its(broker));
});
