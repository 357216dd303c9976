/**
 * Proves that a table of nftables lasts: over a boot of the real systemd on the real Debian, before there can be a
 * network, and before Docker starts and opens its socket; and through what the service of nftables does, which flushes
 * every table of the machine whenever it is started, reloaded, restarted or stopped.
 *
 * The boot is one without a kernel of its own, in a network namespace. Docker's units are stand-ins with its order.
 */

import { basename } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { projectFolder } from '../../setup/home';
import { DebianRoot, prepareRoots, type Release, releases } from './debianRoot';

const units = '/etc/systemd/system';
const containerName = 'aipi-mqtt-boot';
const order = {
  containerName,
  owner: { project: 'aipi-mqtt', stack: 'boot', id: 'one' },
  networks: [containerName],
  openings: [{ listener: 'mqtts-8883', port: 8883, address: '0.0.0.0', sources: ['10.0.0.0/8'] }],
  dockerHost: null,
  maxCutOffClients: 0,
};

/** Notes which tables are there when a unit is started. */
const noted = (name: string) => `/bin/sh -c 'mkdir -p /seen; nft list tables >/seen/${name}'`;
const oneshot = (name: string) => `[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=${noted(name)}\n`;

const unit = `aipi-mqtt-firewall-${containerName}.service`;

const beside = {
  // Whoever sets a network up comes after that target. Source: systemd.special(7).
  [`${units}/network-manager.service`]: `[Unit]
DefaultDependencies=no
After=network-pre.target
Before=network.target
${oneshot('network')}[Install]
WantedBy=sysinit.target
`,
  // The order is not one of luck.
  [`${units}/${unit}.d/late.conf`]: '[Service]\nExecStartPre=/bin/sleep 3\n',
  [`${units}/trial.service`]: `[Unit]
After=docker.service rootless.service nftables.service
[Service]
Type=oneshot
WorkingDirectory=${projectFolder}
ExecStart=/bin/sh -euxc '. /trial; echo done'
ExecStopPost=/usr/bin/touch /ended
[Install]
WantedBy=multi-user.target
`,
  '/etc/cloud/cloud-init.disabled': '',
  '/order.json': JSON.stringify(order),
};

/** As Fedora has it: it waits for sockets, so that Docker's is open before. */
const lateNftables = `[Unit]
Wants=network-pre.target
Before=network-pre.target
[Service]
Type=oneshot
RemainAfterExit=yes
ProtectSystem=full
ProtectHome=true
ExecStart=/sbin/nft -f /etc/nftables.conf
ExecReload=/sbin/nft 'flush ruleset; include "/etc/nftables.conf";'
ExecStop=/sbin/nft flush ruleset
[Install]
WantedBy=multi-user.target
`;

/** Source: docker.service and docker.socket of Docker 28. */
const docker = {
  [`${units}/docker.socket`]: `[Socket]
ListenStream=/run/docker.sock
ExecStartPre=${noted('docker.socket')}
[Install]
WantedBy=sockets.target
`,
  [`${units}/docker.service`]: `[Unit]
After=network-online.target nss-lookup.target docker.socket firewalld.service containerd.service time-set.target
Wants=network-online.target containerd.service
Requires=docker.socket
${oneshot('docker')}[Install]
WantedBy=multi-user.target
`,
};

/** As Docker of a user without root, it knows nothing of the unit. */
const rootless = {
  [`${units}/rootless.service`]: `${oneshot('rootless')}[Install]
WantedBy=multi-user.target
`,
};

/** Each on one release spares half of the time. */
const services: Record<Release, { files: Record<string, string>; seen: string[] }> = {
  bookworm: { files: { ...docker, [`${units}/nftables.service`]: lateNftables }, seen: ['docker', 'docker.socket'] },
  trixie: { files: rootless, seen: ['rootless'] },
};

// The stand-in of Docker gives no answers.
/** Notes whether a look finds all that brings the table back. */
const looked = (name: string) =>
  `DOCKER_HOST=unix:///nobody node --require ./setup/typescript.cjs -e 'require("./operate/nftables.ts").findFirewall(require("./operate/machine.ts").machineOf(null), require("/order.json")).then(({ comesBack }) => console.log(comesBack))' >/${name}`;

const program = 'DOCKER_HOST=unix:///nobody node --require ./setup/typescript.cjs operate/firewall.ts';
const journal = 'journalctl --directory=/var/log/journal --no-pager --boot --output=cat';
const note = (name: string) => `nft list tables >/seen/${name}`;

const running = new Set<DebianRoot>();

beforeAll(prepareRoots, 300_000);

afterAll(async () => {
  await Promise.all([...running].map((root) => running.delete(root) && root.end()));
});

/** Boots until a script has ended, which must succeed; gives whose table was there when. */
async function whileBooted(root: DebianRoot, script: string): Promise<Record<string, boolean>> {
  await root.shell('rm -rf /seen /ended; mkdir /seen');
  await root.write({ '/trial': script });
  const off = new AbortController();
  const binds = [`--bind-ro=${projectFolder}`, `--bind-ro=${process.execPath}:/usr/local/bin/node`];
  const console = root.boot({ signal: off.signal }, '--private-network', ...binds);
  for (const end = Date.now() + 60_000; !(await root.exists('/ended')) && Date.now() < end; ) await sleep(200);
  off.abort();
  const { output } = await console;
  const said = await root.shell(journal);
  if (!said.includes('\ndone\n')) throw new Error(`${root.release}: the trial failed:\n${said}\n${output}`);
  // It is said before there is a journal.
  expect(output).not.toMatch(/ordering cycle/);
  const seen = await root.shell('cd /seen; for name in *; do echo "$name" $(cat $name); done');
  const lines = seen.trim().split('\n');
  return Object.fromEntries(lines.map((line) => [line.split(' ')[0], line.includes(`aipi-mqtt.${containerName}`)]));
}

test('the table is there before a network and Docker are, and stays until it is taken away', async () => {
  await Promise.all(releases.map(onRelease));
}, 120_000);

async function onRelease(release: Release): Promise<void> {
  const root = await DebianRoot.start(release);
  running.add(root);
  const { files, seen } = services[release];
  await root.write({ ...beside, ...files });
  const enabled = Object.keys({ ...files, 'network-manager.service': '', 'trial.service': '', 'nftables.service': '' });
  await root.must(['mkdir', '-p', '/var/log/journal']);
  await root.must(['systemctl', 'enable', ...new Set(enabled.map((path) => basename(path)))]);
  const all = (isThere: boolean) => Object.fromEntries(['network', ...seen].map((name) => [name, isThere]));

  // The second call finds that somebody has switched the unit off.
  const up = `${program} settle </order.json >/report`;
  const calls = ['reload', 'restart', 'stop', 'start'].map((call) => `systemctl ${call} nftables; ${note(call)}`);
  const off = `systemctl disable ${unit}; ${looked('off')}`;
  const first = `${up}; ${note('up')}; ${looked('on')}; ${off}; ${up}; systemd-analyze verify ${unit}`;
  const after = { up: true, reload: true, restart: true, stop: true, start: true };
  expect(await whileBooted(root, [first, ...calls].join('\n'))).toEqual({ ...all(false), ...after });
  expect([await root.read('/on'), await root.read('/off')]).toEqual(['true\n', 'false\n']);
  expect(JSON.parse(await root.read('/report'))).toEqual({ table: expect.stringContaining(containerName) });

  const removal = `${note('boot')}; ${program} remove </order.json; systemctl reload nftables; ${note('removed')}`;
  expect(await whileBooted(root, removal)).toEqual({ ...all(true), boot: true, removed: false });
  expect(await root.shell("find /etc -name '*aipi*' ! -name '*.service.d' -o -name nftables.service.d")).toBe('');
  running.delete(root);
  await root.end();
}
