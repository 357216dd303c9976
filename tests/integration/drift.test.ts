/**
 * Proves that an update looks at what runs before it says anything: what other hands have done to the container and its
 * volumes is named by verify and by the update, mended by the same update, and proved then; where nothing has to be made
 * anew nobody is disconnected; the update after that has nothing to say.
 *
 * It does not prove that everything is noticed which the host itself can do, such as another Docker engine.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import type { ContainerCreateOptions } from 'dockerode';
import { look } from '../../operate/look';
import { DriftStack, type Kind, Together } from './driftStack';
import { devLike, docker } from './project';

jest.setTimeout(300_000);

let deployed: DriftStack;
let image: string;
let spy: string;
let ports: number[];

beforeAll(async () => {
  const own = await devLike();
  ports = own.ports;
  // A reference of its own, which can be given to another image.
  image = `aipi-mqtt-drift-${ports[0]}:1`;
  const { Id } = await docker.getImage('eclipse-mosquitto:2.1.2').inspect();
  await tag(Id);
  spy = `aipi-mqtt-spy-${ports[0]}`;
  await docker.createNetwork({ Name: spy });
  deployed = new DriftStack(own.stack, { ...own.config, devices: ['pi-01'], image }, `mqtt://127.0.0.1:${ports[0]}`);
  await deployed.deploy();
});

beforeEach(() => deployed.watch());

afterEach(() => deployed.onlookers.end());

afterAll(async () => {
  await deployed.dispose();
  await docker.getNetwork(spy).remove();
  await docker.getImage(image).remove();
});

async function tag(id: string): Promise<void> {
  const [repo = '', name = ''] = image.split(':');
  await docker.getImage(id).tag({ repo, tag: name });
}

/** Puts a container of other options in the place of the deployed one. */
async function replaceByHand(label: boolean, options: ContainerCreateOptions['HostConfig'] = {}): Promise<void> {
  const { Image, Config, HostConfig } = await deployed.broker.inspect();
  await deployed.broker.remove({ force: true, v: true });
  const container = await docker.createContainer({
    name: deployed.name,
    Image,
    Cmd: Config.Cmd,
    ...(label && { Labels: Config.Labels }),
    HostConfig: { Binds: HostConfig.Binds ?? [], PortBindings: HostConfig.PortBindings, ...options },
  });
  await container.start();
  await sleep(500);
}

/** The published ports, on another address or without one of them. */
async function bindings(address: string, left: number | undefined) {
  const { HostConfig } = await deployed.broker.inspect();
  const all = Object.entries(HostConfig.PortBindings as Record<string, Array<{ HostPort: string }>>);
  return Object.fromEntries(
    all
      .filter(([port]) => port !== `${left}/tcp`)
      .map(([port, places]) => [port, places.map(({ HostPort }) => ({ HostIp: address, HostPort }))]),
  );
}

/** Takes the container away, and a volume with it. */
async function removeVolume(role: 'configuration' | 'data'): Promise<void> {
  await deployed.broker.remove({ force: true, v: true });
  await docker.getVolume(`${deployed.name}-${role}`).remove();
}

/** Options that a container gets back while it runs. */
const together = new Together(() => deployed, {
  'another restart policy': {
    plant: () => deployed.broker.update({ RestartPolicy: { Name: 'no' } }),
    words: ['restart policy: no in place of unless-stopped'],
    quiet: true,
  },
  'another limit of memory': {
    plant: () => deployed.broker.update({ Memory: 256 * 2 ** 20, MemorySwap: 512 * 2 ** 20 }),
    words: ['it is changed back while it runs', 'memory in MiB: 256 in place of 1024'],
    quiet: true,
  },
});

const kinds: Record<string, Kind> = {
  'a container that was stopped': {
    plant: () => deployed.broker.stop({ t: 5 }),
    words: ['The container NAME has stopped'],
    quiet: false,
  },
  'a container that was removed': {
    plant: () => deployed.broker.remove({ force: true }),
    words: ['The container NAME is gone'],
    quiet: false,
  },
  'a container that is paused': {
    plant: () => deployed.broker.pause(),
    words: ['The container NAME is paused'],
    quiet: true,
  },
  'a network too many': {
    plant: () => docker.getNetwork(spy).connect({ Container: deployed.name }),
    words: [
      'networks: aipi-mqtt-spy-',
      'it is changed back while it runs, and whoever is connected may be cut off once',
    ],
    quiet: false,
  },
  'a limit of processes': {
    plant: () => deployed.broker.update({ PidsLimit: 50 }),
    words: ['quotas: 50 processes in place of none', 'it is made anew, and everybody is away for seconds'],
    quiet: false,
  },
  'a container that somebody made in its place': {
    plant: async () => replaceByHand(true, { PortBindings: await bindings('0.0.0.0', undefined) }),
    words: [
      'The container NAME is not the one that was deployed',
      'user:  in place of 1883:1883',
      'read-only root: false in place of true',
      'dropped capabilities: none in place of ALL',
      'ports: 0.0.0.0:',
    ],
    quiet: false,
  },
  'a published port that was taken away': {
    plant: async () => replaceByHand(true, { PortBindings: await bindings('127.0.0.1', ports[1]) }),
    words: ['The container NAME is not the one that was deployed', 'ports: 127.0.0.1:'],
    quiet: false,
  },
  'a volume of files that is gone': {
    plant: () => removeVolume('configuration'),
    words: ['The container NAME is gone', 'The volume NAME-configuration with the files of the broker is gone'],
    quiet: false,
  },
  'a volume of data that is gone': {
    plant: () => removeVolume('data'),
    words: ['The container NAME is gone', 'The volume NAME-data with sessions and messages is gone; they are lost'],
    quiet: false,
  },
  'a volume of data that is another one': {
    plant: async () => {
      await removeVolume('data');
      await docker.createVolume({ Name: `${deployed.name}-data` });
    },
    words: ['The volume NAME-data with sessions and messages is another one by now'],
    quiet: false,
  },
};

/** What a container has again, whatever was done to it. */
async function expectAsDeployed(): Promise<void> {
  expect((await look(docker, deployed.name)).container).toMatchObject({
    state: 'running',
    options: {
      user: '1883:1883',
      readOnly: true,
      restart: 'unless-stopped',
      memoryMebibytes: 1_024,
      networks: [deployed.name],
    },
  });
}

test.each(Object.entries(together.kinds))('%s', async (_, kind) => {
  const { verify, update } = await together.mended();
  for (const said of [verify, update]) deployed.expectNamed(kind, said);
  await expectAsDeployed();
});

test.each(Object.entries(kinds))('%s', async (_, kind) => {
  await deployed.prove(kind);
  await expectAsDeployed();
});

test('somebody else in the place of the container is not taken away', async () => {
  await replaceByHand(false);
  const { code, stdout, stderr } = await deployed.project.run('up', deployed.stack);
  expect(code).not.toBe(0);
  expect(stderr).toContain(`The container ${deployed.name} is not the one that was deployed`);
  expect(stdout).toContain(`containerName: "${deployed.name}" belongs to another container`);
  await deployed.broker.remove({ force: true, v: true });
  await deployed.deploy();
});

const restarts = 'Everybody is disconnected for about 2 s, because only a restart applies:';

describe('before everybody is disconnected it is said', () => {
  test('where new settings are for a new container', async () => {
    deployed.configure({ logMaxFiles: 7 });
    const { stderr } = await deployed.project.must('preview', deployed.stack);
    expect(stderr).toContain(
      `${restarts}\n  log options: max-file=7, max-size=10m in place of max-file=5, max-size=10m`,
    );
    expect(await deployed.onlookers.serving()).toBe(10);
    expect((await deployed.deploy()).stderr).toContain(restarts);
    expect(await deployed.drift()).toMatchObject({ words: [] });
  });

  test('where the reference names another image by now', async () => {
    const before = (await deployed.broker.inspect()).Image;
    const made = await docker.createContainer({ Image: before });
    const { Id } = (await made.commit({ changes: 'LABEL moved=yes' })) as { Id: string };
    await made.remove({ v: true });
    await tag(Id);
    const words = `${restarts}\n  image: ${image} is another one by now`;
    await deployed.project.must('verify', deployed.stack);
    expect((await deployed.project.must('preview', deployed.stack)).stderr).toContain(words);
    expect(await deployed.onlookers.serving()).toBe(10);
    expect((await deployed.deploy()).stderr).toContain(words);
    expect((await deployed.broker.inspect()).Image).toBe(Id);
    expect((await deployed.deploy()).stderr).not.toContain(restarts);
  });
});

test('an update that finds nothing says nothing of it, and proves the broker as it is now', async () => {
  const before = new Date().toISOString();
  const { stdout, stderr } = await deployed.project.must('up', deployed.stack, '--json');
  expect(stderr).toContain('23 unchanged');
  expect(stderr).not.toMatch(/is not what was deployed/);
  expect(JSON.parse(stdout).time.localeCompare(before)).toBe(1);
});
