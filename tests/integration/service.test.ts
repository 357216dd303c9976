/**
 * Proves with the real systemd and the real engine that a stack comes to a machine without Docker, by SSH: Mosquitto 2.0.11
 * on Debian 12, where it is not installed before, as root; and 2.0.21 on Debian 13, where somebody has configured a broker
 * by hand before, as a user with sudo. All checks pass, changes are live under connected clients, drift is mended, devices
 * are apart by what is delivered, nothing secret is left readable on the machine, and nothing at all is left after destroy.
 *
 * It does not prove what another kernel does, nor Ubuntu and Raspberry Pi OS: systems are Debian in namespaces.
 */

import { readFileSync, writeFileSync } from 'node:fs';
import { devicePassword } from '../../fleet/secrets';
import type { CheckResult } from '../../mosquitto/result';
import { type Release, releases } from './debianRoot';
import { Evidence } from './evidence';
import { Link } from './link';
import { keyNeedles, type Needle, needlesOf } from './needles';
import { freePorts, Project } from './project';
import { Publishers } from './publishers';
import { Sampler } from './sampler';
import { ServiceMachine } from './serviceMachine';

jest.setTimeout(300_000);

const serverName = 'broker.example.org';
const clients = 50;
const fleet = Array.from({ length: clients - 1 }, (_, index) => `pi-${String(index + 1).padStart(2, '0')}`);
const planted = `planted-secret-of-a-service`;
const project = new Project();
const machines = new Map<Release, ServiceMachine>();
/** Free on this machine, too, where one of the brokers moves to. */
const ports = new Map<Release, number[]>();
let sampler: Sampler;

/** Somebody's own broker. */
const byHand = `cat >/etc/mosquitto/conf.d/own.conf <<'end'
listener 1890
allow_anonymous true
end
systemctl -q enable mosquitto`;

/** What a machine has that may not stay behind; packages and what they bring may. */
const remains = (
  release: Release,
) => `find / -xdev '(' -path /proc -o -path /sys -o -path /var/log -o -path /srv -o -path /run/log ')' -prune -o \\
  -iname '*aipi*' -print | grep -v '^/var/backups/aipi-mqtt' || :
find /run /etc/systemd /var/lib/systemd -iname '*aipi*' || :
ls -d /mosquitto 2>/dev/null || :
systemctl list-units --all --plain --no-legend '*aipi*' || :
systemctl list-unit-files --no-legend '*aipi*' || :
getent passwd 1883 || :
getent group 1883 || :
nft list tables | grep aipi || :
ss --no-header --listening --tcp --numeric 2>/dev/null | grep -E ':(${portsOf(release).join('|')}) ' || :`;

function configure(release: Release, devices: readonly string[], more: Record<string, unknown> = {}): void {
  const { addresses, host } = bind(release);
  const [plain, ofAccounts, ofDevices] = portsOf(release);
  project.configure(release, {
    runtime: 'service',
    host,
    containerName: nameOf(release),
    dnsNames: [serverName],
    ipAddresses: [addresses.there],
    firewall: [`${addresses.here}/32`],
    listeners: [
      { port: plain },
      { port: ofAccounts, tls: true, bindAddress: '0.0.0.0' },
      { port: ofDevices, tls: true, bindAddress: '0.0.0.0', clients: 'devices' },
    ],
    devices,
    ...more,
  });
}

function bind(release: Release) {
  const machine = machineOf(release);
  return { addresses: machine.addresses, host: machine.host(release === 'trixie' ? 'admin' : 'root') };
}

/** Of accounts without TLS, of accounts, of devices. */
function portsOf(release: Release): [number, number, number] {
  return (ports.get(release) ?? []) as [number, number, number];
}

/** Its container has a name of its own on the engine of this machine. */
function nameOf(release: Release): string {
  return `aipi-mqtt-test-${portsOf(release)[0]}`;
}

function machineOf(release: Release): ServiceMachine {
  const machine = machines.get(release);
  if (machine === undefined) throw new Error(`no machine with ${release}`);
  return machine;
}

/** The same on both machines at once. */
function onBoth(title: string, work: (release: Release, machine: ServiceMachine) => Promise<void>): void {
  test(title, async () => {
    const ended = await Promise.allSettled(releases.map((release) => work(release, machineOf(release))));
    const errors = ended.flatMap((each) => (each.status === 'rejected' ? [each.reason as Error] : []));
    if (errors.length > 1) throw new Error(errors.map(({ message }) => message).join('\n\n'));
    if (errors.length > 0) throw errors[0];
  });
}

async function access(release: Release) {
  const { accounts, enrolment, caCertificate } = await project.outputs(release);
  const { there } = machineOf(release).addresses;
  const tls = { ca: caCertificate, servername: serverName };
  return {
    tls,
    account: { ...tls, username: 'aisa_server', password: accounts.aisa_server },
    device: (id: string) => ({ ...tls, password: devicePassword(enrolment.rootSecret, { id, generation: 1 }) }),
    accounts: `mqtts://${there}:${portsOf(release)[1]}`,
    devices: `mqtts://${there}:${portsOf(release)[2]}`,
  };
}

/** Number and start of the broker's process. */
const running = (machine: ServiceMachine) =>
  machine.shell(`systemctl show --property=MainPID,ExecMainStartTimestamp,ActiveState ${nameOf(machine.release)}`);

beforeAll(async () => {
  await ServiceMachine.prepare(releases);
  process.env.DOCKER_SSH_OPTS = ServiceMachine.options();
  sampler = await Sampler.start();
  for (const release of releases) ports.set(release, await freePorts(3));
  await Promise.all(
    releases.map(async (release) => {
      machines.set(release, await ServiceMachine.start(release, release === 'trixie' ? byHand : ''));
    }),
  );
});

afterAll(async () => {
  await sampler?.stop();
  await Promise.all([...machines.values()].map((machine) => machine.end()));
  ServiceMachine.forget();
  await project.dispose();
});

/** Of the broker that is none of the stack. */
const stateOfOther = 'systemctl is-enabled mosquitto || :; systemctl is-active mosquitto || :';

/** All that is readable there without being root's alone by purpose: what the broker keeps of secrets is in its folders. */
const shown = `journalctl --no-pager --output=json
systemctl cat 'aipi-*'
systemctl show 'aipi-*'
systemctl show-environment
tar --create --ignore-failed-read --file=- --exclude=/var/lib/aipi-mqtt/*-configuration --exclude=/var/lib/aipi-mqtt/*-data \\
  /etc /root /home /run /tmp /var/tmp /var/log /var/backups /var/lib/aipi-mqtt /var/lib/systemd 2>/dev/null || :`;

onBoth('a broker comes up from nothing, all checks pass, and there is nothing more to do', async (release, machine) => {
  expect(await machine.shell(remains(release))).toBe('');
  configure(release, fleet);
  const { stderr } = await project.must('up', release);
  expect(stderr).toMatch(/\n\d+ checks passed now/);
  await mustBeProvedThere(release);
  expect((await project.must('preview', release)).stdout).toContain('24 unchanged');
  expect(await machine.shell('dpkg-query --show mosquitto')).toMatch(
    release === 'bookworm' ? /\t2\.0\.11/ : /\t2\.0\.21/,
  );
});

/** Nobody but the machine itself reaches the listener of its loopback. */
async function mustBeProvedThere(release: Release): Promise<void> {
  const { checks } = await project.outputs(release);
  const listener = `mqtt-${portsOf(release)[0]}`;
  const proved = (checks as CheckResult[]).filter(({ ok }) => ok).map(({ check }) => check);
  expect(proved).toEqual(
    expect.arrayContaining([
      `${listener}: aisa_server logs in`,
      `${listener}: anonymous is refused`,
      `${listener}: aisa_server receives "Hello AIPI system!" on test/topic`,
    ]),
  );
}

onBoth('a broker by hand stands back, and is saved with the date', async (release, machine) => {
  const backups = await machine.shell('ls /var/backups/aipi-mqtt 2>/dev/null || :');
  if (release === 'bookworm') expect(backups).toBe('');
  else {
    expect(backups).toMatch(/^mosquitto-\d{4}-\d\d-\d\dT[-\d]+Z\.tar\.gz\n$/);
    const kept = await machine.shell(
      `tar -xzOf /var/backups/aipi-mqtt/${backups.trim()} etc/mosquitto/conf.d/own.conf`,
    );
    expect(kept).toContain('listener 1890');
  }
  expect(await machine.shell(stateOfOther)).toBe('disabled\ninactive\n');
});

onBoth('devices are apart', async (release) => {
  const { account, accounts, device, devices } = await access(release);
  const [server, one, other] = await Promise.all([
    Link.open(accounts, { ...account, clientId: 'server' }),
    Link.open(devices, { ...device('pi-01'), username: 'pi-01', clientId: 'pi-01' }),
    Link.open(devices, { ...device('pi-02'), username: 'pi-02', clientId: 'pi-02' }),
  ]);
  try {
    await server.subscribe(['device/+/data', 'langchain/response/+']);
    await Promise.all([one, other].map((link) => link.subscribe('langchain/process/+').catch(() => undefined)));
    await one.subscribe('langchain/process/pi-01');
    await other.subscribe('langchain/process/pi-02');
    await one.publish('device/pi-01/data', 'own');
    await one.publish('device/pi-02/data', 'foreign');
    await one.publish('langchain/response/pi-02', 'foreign');
    for (const id of ['pi-01', 'pi-02']) await server.publish(`langchain/process/${id}`, `for ${id}`);
    expect(await server.received()).toEqual(['device/pi-01/data: own']);
    expect(new Set(await one.received())).toEqual(new Set(['langchain/process/pi-01: for pi-01']));
    expect(new Set(await other.received())).toEqual(new Set(['langchain/process/pi-02: for pi-02']));
    const stolen = Link.open(devices, { ...device('pi-02'), username: 'pi-01', clientId: 'pi-01' });
    await expect(stolen).rejects.toThrow(/[Nn]ot authorized|Bad User Name/);
  } finally {
    await Promise.all([server, one, other].map((link) => link.end()));
  }
});

onBoth('changes are live under connected clients', async (release, machine) => {
  const { account, accounts, device, devices } = await access(release);
  const publishers = await Publishers.start(accounts, account);
  await Promise.all(fleet.map((id) => publishers.join(id, devices, device(id))));
  const before = await running(machine);
  const revoked = fleet.at(-1) ?? '';
  const changed = {
    accounts: [
      { username: 'aisa_server', topics: ['readwrite #'] },
      { username: 'aisa_rpi', topics: ['read device/control', 'deny langchain/process/+'] },
    ],
  };
  configure(release, [...fleet.slice(0, -1), 'pi-new'], changed);
  await project.must('up', release);
  expect(publishers.disconnected).toEqual([revoked]);
  await publishers.join('pi-new', devices, device('pi-new'));
  configure(release, [...fleet.slice(0, -1), 'pi-new'], { ...changed, serverCertificateValidityHours: 200 });
  const { stderr } = await project.must('up', release);
  expect(stderr).toMatch(/\n\d+ checks passed now/);
  expect(publishers.disconnected).toEqual([revoked]);
  expect(await running(machine)).toBe(before);
  const { acknowledged, lost } = await publishers.end();
  expect(lost).toEqual([]);
  expect(acknowledged).toBeGreaterThan(10 * clients);
});

/** What somebody with a shell on the machine does to a broker. */
const drift = (name: string) => `mkdir -p /etc/systemd/system/${name}.service.d
  printf '[Service]\\nMemoryMax=2G\\n' >/etc/systemd/system/${name}.service.d/own.conf
  sed -i 's/^ProtectHome=.*/ProtectHome=no/' /etc/systemd/system/${name}.service
  systemctl daemon-reload
  systemctl stop ${name}
  cd /var/lib/aipi-mqtt/${name}-configuration/deployed/current && echo 'topic readwrite #' >>"$(ls | grep acl | head -n 1)"`;

onBoth('what other hands have changed is named, and mended by one update', async (release, machine) => {
  await machine.shell(drift(nameOf(release)));
  expect((await project.run('verify', release)).code).not.toBe(0);
  const { stderr } = await project.must('up', release);
  expect(stderr).toContain('unit: directives that were changed by hand, files beside it, /etc/systemd/system/');
  expect(stderr).toMatch(/\n\d+ checks passed now/);
  const unit = await machine.shell(
    `systemctl cat ${nameOf(release)}; systemctl show --property=MemoryMax,DropInPaths ${nameOf(release)}`,
  );
  expect(unit).not.toMatch(/ProtectHome=no|own\.conf|^MemoryMax=2/m);
  expect(await running(machine)).toContain('ActiveState=active');
});

test('nothing secret is readable on the machines, nor was in a command line or an environment', async () => {
  await sampler.stop();
  const evidence = new Evidence();
  for (const words of sampler.seen) evidence.add(`process ${words.slice(0, 80)}`, words);
  evidence.add('planted', planted);
  const needles: Needle[] = needlesOf('planted', planted);
  for (const release of releases) {
    evidence.add(release, await machineOf(release).shell(shown));
    const { accounts, delivery, enrolment } = await project.outputs(release);
    const passwords = [
      ...Object.values<string>(accounts),
      ...fleet.map((id) => devicePassword(enrolment.rootSecret, { id, generation: 1 })),
    ];
    const hashes = delivery.files.passwords
      .trim()
      .split('\n')
      .map((line: string) => line.split('$').at(-1) ?? '');
    needles.push(...needlesOf('root secret', enrolment.rootSecret));
    needles.push(...passwords.flatMap((each) => needlesOf('password', each)));
    needles.push(...hashes.flatMap((each: string) => needlesOf('hash', each)));
    needles.push(...keyNeedles('server key', delivery.files['server-ec.key']));
  }
  expect([...new Set(evidence.find(needles))]).toEqual([
    'planted: planted, plain',
    'planted: planted, URL',
    'planted: planted, JSON',
  ]);
});

/** Who may do what, and what devices and people are handed. */
async function handedOut(stack: string) {
  const { delivery, verification, checks, ...outputs } = await project.outputs(stack);
  const access = JSON.parse((await project.must('access', stack, '--json')).stdout);
  const claims = (checks as CheckResult[]).map(({ check }) => check).filter((claim) => !ofUpdate.test(claim));
  const { plan, files } = delivery;
  return { same: { access, outputs, claims: claims.sort() }, plan, files };
}

/** Checks of what an update changes, and of how. */
const ofUpdate = /^(reload: |rehearsal: pi-)/;

test('a broker moves into a container and back, the same but for what is said, and nobody is provisioned again', async () => {
  const [release, machine] = ['bookworm', machineOf('bookworm')] as const;
  const before = await handedOut(release);
  const own = readFileSync(project.stackFile(release), 'utf8');
  writeFileSync(project.stackFile(release), own.replace(/^ *aipi-mqtt:(runtime|host):.*\n/gm, ''));
  const there = await project.must('up', release);
  expect(there.stderr).toContain(`from a service on ${machine.addresses.there} to a container on this machine`);
  expect(there.stderr).toContain('sessions, queued and retained messages do not come along');
  expect(there.stderr).toMatch(/\n\d+ checks passed now/);
  const after = await handedOut(release);
  // What docs/service.md lists, and nothing else.
  expect(after.same).toEqual(before.same);
  expect(after.plan).toEqual({ ...before.plan, dockerHost: null });
  expect(after.files).toEqual({ ...before.files, 'mosquitto.conf': expect.any(String) });
  expect(await machine.shell(remains(release))).toBe('');
  writeFileSync(project.stackFile(release), own);
  const back = await project.must('up', release);
  expect(back.stderr).toContain(`from a container on this machine to a service on ${machine.addresses.there}`);
  expect(back.stderr).toMatch(/\n\d+ checks passed now/);
  expect(await handedOut(release)).toEqual(before);
});

onBoth('destroy leaves nothing, and a broker by hand comes back', async (release, machine) => {
  await project.must('destroy', release, '--yes');
  expect(await machine.shell(remains(release))).toBe('');
  expect(await machine.shell(stateOfOther)).toBe(release === 'trixie' ? 'enabled\nactive\n' : 'disabled\ninactive\n');
  if (release === 'trixie') {
    const link = await Link.open(`mqtt://${machine.addresses.there}:1890`, { clientId: 'somebody' });
    await link.end();
  }
});
