/**
 * Proves that an update looks at what runs before it says anything: what other hands have done to the container and to
 * the files of the broker is named by verify and by the update, mended by the same update, and proved then; where a
 * reload is enough nobody is disconnected; the update after that has nothing to say.
 *
 * It does not prove that everything is noticed which the host itself can do, such as another Docker engine.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { configurationMount } from '../../mosquitto/files';
import { execute } from '../../operate/docker';
import { look } from '../../operate/look';
import { Canaries } from './clients';
import { devLike, docker, Project } from './project';

jest.setTimeout(300_000);

let project: Project;
let stack: string;
let name: string;
let url: string;
let login: { username: string; password: string };
let canaries: Canaries;

beforeAll(async () => {
  project = new Project();
  const own = await devLike();
  stack = own.stack;
  name = `aipi-mqtt-${stack}`;
  url = `mqtt://127.0.0.1:${own.ports[0]}`;
  project.configure(stack, { ...own.config, devices: ['pi-01'] });
  await project.must('up', stack);
  login = { username: 'aisa_server', password: (await project.outputs(stack)).accounts.aisa_server };
});

beforeEach(async () => {
  canaries = new Canaries();
  await canaries.connect(10, url, login);
});

afterEach(() => canaries.end());

afterAll(async () => {
  await project.dispose();
});

const broker = () => docker.getContainer(name);

/** Changes files of the volume as somebody with a shell on the machine would; the broker itself cannot write there. */
async function onVolume(script: string): Promise<void> {
  const { Image } = await broker().inspect();
  const helper = await docker.createContainer({
    Image,
    User: '1883:1883',
    Entrypoint: ['sh', '-ec', `cd ${configurationMount}/deployed/current\n${script}`],
    HostConfig: { Binds: [`${name}-configuration:${configurationMount}`], NetworkMode: 'none' },
  });
  try {
    await helper.start();
    expect(await helper.wait()).toMatchObject({ StatusCode: 0 });
  } finally {
    await helper.remove({ force: true, v: true });
  }
}

async function signal(): Promise<void> {
  await execute(broker(), ['kill', '-HUP', '1']);
  await sleep(300);
}

/** Puts a container of other options in the place of the deployed one. */
async function replaceByHand(label: boolean): Promise<void> {
  const { Image, Config, HostConfig } = await broker().inspect();
  await broker().remove({ force: true, v: true });
  const container = await docker.createContainer({
    name,
    Image,
    Cmd: Config.Cmd,
    ...(label && { Labels: Config.Labels }),
    HostConfig: { Binds: HostConfig.Binds ?? [], PortBindings: HostConfig.PortBindings },
  });
  await container.start();
  await sleep(500);
}

interface Plan {
  plant: () => Promise<unknown>;
  /** What verify and the update say of it. */
  words: string;
  /** Whether clients that are connected stay so while it is mended. */
  quiet: boolean;
}

const kinds: Record<string, Plan> = {
  'a container that was stopped': {
    plant: () => broker().stop({ t: 5 }),
    words: 'The container NAME has stopped',
    quiet: false,
  },
  'a container that was removed': {
    plant: () => broker().remove({ force: true }),
    words: 'The container NAME is gone',
    quiet: false,
  },
  'a container that is paused': {
    plant: () => broker().pause(),
    words: 'The container NAME is paused',
    quiet: true,
  },
  'another restart policy': {
    plant: () => broker().update({ RestartPolicy: { Name: 'no' } }),
    words: 'restart policy: no in place of unless-stopped',
    quiet: true,
  },
  'a container that somebody made in its place': {
    plant: () => replaceByHand(true),
    words: 'read-only root: false in place of true',
    quiet: false,
  },
  'a right too many that no probe looks at': {
    plant: async () => {
      await onVolume(`sed -i 's|^user aisa_rpi$|&\\ntopic readwrite secret/#|' acl`);
      await signal();
    },
    words: 'acl: user aisa_rpi gained readwrite secret/#',
    quiet: true,
  },
  'a password of a device that was taken out': {
    plant: async () => {
      await onVolume(`sed -i '/^pi-01:/d' device-passwords`);
      await signal();
    },
    words: 'Somebody changed files of the broker on its volume',
    quiet: true,
  },
  'a file that is missing when the broker starts again': {
    plant: async () => {
      await onVolume('rm passwords');
      await broker().restart({ t: 5 });
      await sleep(1_500);
    },
    words: 'passwords is missing',
    quiet: false,
  },
  'a listener too many, which a restart has opened': {
    plant: async () => {
      await onVolume(`printf 'listener 1999\\nallow_anonymous true\\n' >> mosquitto.conf`);
      await broker().restart({ t: 5 });
      await sleep(500);
    },
    words: 'mosquitto.conf: + listener 1999, + allow_anonymous true',
    quiet: false,
  },
  'a link to other files': {
    plant: async () => {
      await onVolume('cd ..; cp -a "$(readlink current)" elsewhere; ln -sfn elsewhere current');
      await signal();
    },
    words: 'Somebody changed files of the broker on its volume',
    quiet: true,
  },
};

test.each(Object.entries(kinds))('%s', async (_, { plant, words, quiet }) => {
  const named = words.replace('NAME', name);
  await plant();
  const verified = await project.run('verify', stack);
  expect(verified.code).not.toBe(0);
  const updated = await project.run('up', stack);
  expect(updated.stderr).toContain(named);
  expect({ code: updated.code, stdout: updated.stdout }).toMatchObject({ code: 0 });
  expect(updated.stderr).toMatch(/\n\d+ checks passed now/);
  if (quiet)
    expect({ serving: await canaries.serving(), disconnects: canaries.disconnects }).toEqual({
      serving: 10,
      disconnects: 0,
    });
  expect((await look(broker())).container).toMatchObject({
    state: 'running',
    options: { user: '1883:1883', 'read-only root': 'true', 'restart policy': 'unless-stopped' },
  });
});

test('a preview names it and mends nothing', async () => {
  await onVolume(`sed -i 's|^user aisa_rpi$|&\\ntopic readwrite secret/#|' acl`);
  const { stderr } = await project.must('preview', stack);
  expect(stderr).toContain('acl: user aisa_rpi gained readwrite secret/#');
  expect((await look(broker())).files.acl).toContain('secret/#');
  await project.must('up', stack);
});

test('somebody else in the place of the container is not taken away', async () => {
  await replaceByHand(false);
  const { code, stdout, stderr } = await project.run('up', stack);
  expect(code).not.toBe(0);
  expect(stderr).toContain(`The container ${name} is not the one that was deployed`);
  expect(stdout).toContain(`containerName: "${name}" belongs to another container`);
  await broker().remove({ force: true, v: true });
  await project.must('up', stack);
});

test('an update that finds nothing says nothing of it, and proves the broker as it is now', async () => {
  const before = new Date().toISOString();
  const { stdout, stderr } = await project.must('up', stack, '--json');
  expect(stderr).toContain('20 unchanged');
  expect(stderr).not.toMatch(/is not what was deployed/);
  expect(JSON.parse(stdout).time.localeCompare(before)).toBe(1);
});
