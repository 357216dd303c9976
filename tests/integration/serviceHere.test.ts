/**
 * Proves with the real systemd and the real engine that a stack comes to the machine on which the program itself runs, where
 * that has no Docker: all checks pass, neighbours among them, the doctor sees it as it is, one more device comes under
 * connected clients, and nothing is left after destroy.
 *
 * It does not prove what another kernel does: the machine is Debian in namespaces, and shares the folders of the program
 * with this one.
 */

import { existsSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import { devicePassword } from '../../fleet/secrets';
import { home } from '../../setup/home';
import { pulumiHomes } from '../../setup/pulumiHome';
import { Project } from './project';
import { Publishers } from './publishers';
import { ServiceMachine } from './serviceMachine';

jest.setTimeout(300_000);

const stack = 'here';
const name = 'aipi-here';
const serverName = 'broker.example.org';
const devices = ['pi-01', 'pi-02', 'pi-03'];
const project = new Project();
let machine: ServiceMachine;

/** What a machine has of a broker; packages and what they bring may stay. */
const remains = `ls -d /var/lib/aipi-mqtt /mosquitto /run/aipi-mqtt /etc/aipi-mqtt 2>/dev/null || :
systemctl list-unit-files --no-legend '*aipi*' || :
getent passwd 1883 || :
nft list tables | grep aipi || :`;

function configure(ids: readonly string[]): void {
  project.configure(stack, {
    runtime: 'service',
    containerName: name,
    dnsNames: [serverName],
    firewall: ['192.168.7.0/24', `${machine.addresses.here}/32`],
    listeners: [
      { port: 1883 },
      { port: 8883, tls: true, bindAddress: '0.0.0.0' },
      { port: 8884, tls: true, bindAddress: '0.0.0.0', clients: 'devices' },
    ],
    devices: ids,
  });
}

/** An engine that this machine has by itself, and its plug-ins: the other one cannot get any. */
const engines = (process.env.PATH ?? '').split(delimiter).filter((folder) => existsSync(join(folder, 'pulumi')));
const { own: plugins } = pulumiHomes(home(), process.env);

/** Runs a command of the program on the machine. */
async function must(command: string): Promise<string> {
  const words = [
    `PATH=${[...engines, '$PATH'].join(delimiter)}`,
    ...(existsSync(plugins) ? [`PULUMI_HOME=${plugins}`] : []),
    `AIPI_HOME=${project.home}`,
  ];
  return machine.shell(`cd ${project.folder}; ${words.join(' ')} node commands/start.mjs ${command} 2>&1`);
}

beforeAll(async () => {
  await ServiceMachine.prepare(['trixie']);
  const own = [...engines, plugins].filter((folder) => existsSync(folder));
  const shared = [project.folder, resolve(__dirname, '../..'), home(), process.execPath, ...own];
  machine = await ServiceMachine.start('trixie', '', shared);
});

afterAll(async () => {
  await machine?.end();
  ServiceMachine.forget();
  await project.dispose();
});

test('a broker comes up here, and all checks pass', async () => {
  configure(devices);
  const said = await must(`up ${stack}`);
  expect(said).toContain('on this machine');
  expect(said).toMatch(/\n\d+ checks passed now/);
  expect(said).toMatch(/\n– the broker itself reaches nobody: not tried: .*\n\d+ checks passed/);
});

test('the doctor finds nothing wrong with it, and a unit that was stopped, with its remedy', async () => {
  await machine.shell(`echo 127.0.0.1 ${serverName} >>/etc/hosts`);
  const found = async () =>
    JSON.parse((await must(`doctor ${stack} --json 2>&1 || :`)).trim().split('\n').at(-1) ?? '');
  expect(await found()).toMatchObject({ container: name, findings: [], unseen: [] });
  await machine.shell(`systemctl stop ${name}`);
  const { findings } = await found();
  expect(findings).toMatchObject([{ kind: 'container-stopped', run: [`systemctl enable --now ${name}.service`] }]);
  await machine.shell(findings[0].run[0]);
  expect(await found()).toMatchObject({ findings: [], unseen: [] });
  expect(await must(`log ${stack} --json --since 1h`)).toContain('"kind":"running"');
});

test('one more device comes under connected clients', async () => {
  const { accounts, enrolment, caCertificate } = await project.outputs(stack);
  const tls = { ca: caCertificate, servername: serverName };
  const [ofAccounts, ofDevices] = [8883, 8884].map((port) => `mqtts://${machine.addresses.there}:${port}`);
  const join = (id: string) => {
    const password = devicePassword(enrolment.rootSecret, { id, generation: 1 });
    return publishers.join(id, ofDevices ?? '', { ...tls, password });
  };
  const account = { ...tls, username: 'aisa_server', password: accounts.aisa_server };
  const publishers = await Publishers.start(ofAccounts ?? '', account);
  await Promise.all(devices.map(join));
  configure([...devices, 'pi-new']);
  expect(await must(`up ${stack}`)).toMatch(/\n\d+ checks passed now/);
  await join('pi-new');
  expect(publishers.disconnected).toEqual([]);
  expect((await publishers.end()).lost).toEqual([]);
});

test('destroy leaves nothing', async () => {
  await must(`destroy ${stack} --yes`);
  expect(await machine.shell(remains)).toBe('');
});
