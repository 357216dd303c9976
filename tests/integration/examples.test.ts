/**
 * Proves that this project serves other programs as a package: what `npm pack` makes holds what is needed and nothing
 * else; two brokers in one stack do not know each other; a broker inside a larger stack hands over what the rest needs,
 * secrets as secrets; another folder, as on another machine, changes nothing; and nothing stays behind.
 *
 * The packages that it needs are those of this machine: it does not prove that a registry has them.
 */

import mqtt from 'mqtt';
import { accepted } from './clients';
import { Package, PackageProject } from './packageProject';
import { docker, freePorts, leftovers } from './project';

jest.setTimeout(300_000);

let own: Package;

beforeAll(async () => {
  own = await Package.pack();
});

afterAll(() => own.dispose());

test('the package holds programs, types and the manual, and nothing of this folder’s own', () => {
  const besides = own.files.filter((path) => !/^dist\/[A-Za-z/]+\.(js|d\.ts)$/.test(path));
  expect(besides.sort()).toEqual([
    'CHANGELOG.md',
    'LICENSE',
    'README.md',
    'README.zh-CN.md',
    'dist/Pulumi.yaml',
    'dist/exporter.cjs',
    'dist/operate/neighbour.mjs',
    'dist/setup/typescript.cjs',
    'package.json',
  ]);
  const rooms = new Set(own.files.filter((path) => path.startsWith('dist/')).map((path) => path.split('/')[1]));
  for (const room of ['tests', 'commands', 'bundle']) expect(rooms).not.toContain(room);
});

describe('two sites', () => {
  let program: PackageProject;
  let stack: string;
  let outputs: Record<'north' | 'south', Site>;

  interface Site {
    endpoints: Record<string, string>;
    caCertificate: string;
    accounts: Record<string, string>;
    devices: Record<string, { username: string; password: string }>;
  }

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    stack = `test-${port}`;
    program = await PackageProject.open(own, 'two-sites', stack);
    await program.must('stack', 'init');
    await program.must('config', 'set', 'firstPort', String(port));
    await program.must('up', '--yes', '--skip-preview');
    outputs = await program.outputs();
  });

  afterAll(() => program.dispose());

  const login = (at: 'north' | 'south', of: 'north' | 'south', id: string) => {
    const url = Object.values(outputs[at].endpoints)[1] ?? '';
    const { username, password } = outputs[of].devices[id] ?? { username: id, password: '' };
    const { hostname, port } = new URL(url);
    return accepted(`mqtts://127.0.0.1:${port}`, {
      username,
      password,
      clientId: id,
      protocolVersion: 5,
      ca: outputs[at].caCertificate,
      servername: hostname,
    });
  };

  test.each([
    ['north', 'north', 'pi-01', true],
    ['north', 'north', 'pi-02', true],
    ['south', 'south', 'pi-01', true],
    ['south', 'south', 'pi-03', true],
    ['south', 'north', 'pi-01', false],
    ['north', 'south', 'pi-01', false],
    ['south', 'north', 'pi-02', false],
    ['north', 'south', 'pi-03', false],
  ] as const)('at %s the %s device %s: %s', async (at, of, id, isAccepted) => {
    expect(await login(at, of, id)).toBe(isAccepted);
  });

  test('each has its own authority, accounts and names', async () => {
    expect(outputs.north.caCertificate).not.toBe(outputs.south.caCertificate);
    expect(outputs.north.accounts.aisa_server).not.toBe(outputs.south.accounts.aisa_server);
    const names = (await leftovers(`two-sites-${stack}-`)).sort();
    const role = (site: string) =>
      ['', '', '-configuration', '-data'].map((each) => `/two-sites-${stack}-${site}${each}`);
    expect(names).toEqual([...role('north'), ...role('south')].sort());
  });

  test('a second preview changes nothing, from another folder either', async () => {
    await program.elsewhere('else where').must('preview', '--expect-no-changes');
  });

  test('a preview says of which site what a change means', async () => {
    const other = program.elsewhere('other');
    other.change('index.ts', "['pi-01', 'pi-03']", "['pi-01']");
    const { stdout } = await other.must('preview');
    expect(stdout).toMatch(/MqttBroker \(south\):\s+warning: Nobody is disconnected but pi-03\./);
    expect(stdout).not.toContain('MqttBroker (north)');
  });

  test('a destruction is refused as long as the secrets of the devices are protected, and then leaves nothing', async () => {
    const { code, stdout, stderr } = await program.run('destroy', '--yes', '--skip-preview');
    expect(code).not.toBe(0);
    expect(`${stdout}${stderr}`).toContain('protected');
    expect(await login('north', 'north', 'pi-01')).toBe(true);
    await program.must('state', 'unprotect', '--all', '--yes');
    await program.must('destroy', '--yes', '--skip-preview');
    expect(await leftovers(`two-sites-${stack}`)).toEqual([]);
  });
});

describe('a broker inside a larger stack', () => {
  let program: PackageProject;
  let name: string;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    const stack = `test-${port}`;
    name = `larger-stack-${stack}`;
    program = await PackageProject.open(own, 'larger-stack', stack);
    await program.must('stack', 'init');
    await program.must('config', 'set', 'port', String(port));
    await program.must('up', '--yes', '--skip-preview');
  });

  afterAll(() => program.dispose());

  test('hands over accounts by which the rest of the stack records what a sensor says', async () => {
    const { url, accounts, recordedBy } = await program.outputs();
    const sensor = await mqtt.connectAsync(url, { username: 'sensor', password: accounts.sensor, reconnectPeriod: 0 });
    await sensor.publishAsync('plant/1/temperature', '21.5', { qos: 1, retain: true });
    await sensor.endAsync();
    expect(await logOf(recordedBy, 'plant/1/temperature 21.5')).toContain('plant/1/temperature 21.5');
    const seen = JSON.stringify(await docker.getContainer(recordedBy).inspect());
    expect(seen).not.toContain(accounts.recorder);
    expect((await program.must('stack', 'output', '--json')).stdout).not.toContain(accounts.recorder);
  });

  test('a second preview changes nothing', async () => {
    await program.must('preview', '--expect-no-changes');
  });

  test('its destruction leaves nothing', async () => {
    await program.must('state', 'unprotect', '--all', '--yes');
    await program.must('destroy', '--yes', '--skip-preview');
    expect(await leftovers(name)).toEqual([]);
  });
});

/** The log of a container, once it has a text. */
async function logOf(container: string, text: string): Promise<string> {
  for (;;) {
    const log = await docker.getContainer(container).logs({ stdout: true, stderr: true });
    if (log.toString('utf8').includes(text)) return log.toString('utf8');
    await new Promise((done) => setTimeout(done, 200));
  }
}
