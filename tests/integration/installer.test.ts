/**
 * Proves that a bundle gives a Raspberry Pi OS its identity: on the Debian that it is made of, by the real installer, unit
 * and proof, against the real broker over TLS; whole boots with the real systemd and cloud-init included.
 *
 * Does not prove what needs the hardware: the FAT driver, a card that loses what it had not written, a Pi without a clock
 * of its own, a root on a card. Their stand-ins are a folder, a kill, a faked clock, and a faked kind of file system.
 */

import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import mqtt, { type MqttClient } from 'mqtt';
import { parse } from 'yaml';
import type { ClientCertificate } from '../../certificates/client';
import { bundleTemplates } from '../../commands/bundles';
import { bundleFiles } from '../../fleet/bundle';
import type { DeviceFacts } from '../../fleet/enrolment';
import { devicePassword } from '../../fleet/secrets';
import { DebianRoot, type Outcome, prepareRoots, type Release, releases } from './debianRoot';
import { cutAtEachCall } from './powerCut';
import { ReferenceBroker } from './referenceBroker';

const card = '/boot/firmware';
const install = `sh ${card}/aipi/install.sh`;
const unit = 'aipi-provision.service';
const units = '/etc/systemd/system';
const rules = [
  { access: 'write' as const, topic: 'device/{id}/status' },
  { access: 'read' as const, topic: 'langchain/process/{id}' },
];

/** Where the installer puts the identity, with modes and owners. */
const installed = `/etc/aipi/ca.pem 644 root
/etc/aipi/device.json 644 root
/etc/aipi/password 600 root
/etc/aipi/source 644 root
`;
const withCertificate = installed.replace(
  /(?=\/etc\/aipi\/device)/,
  '/etc/aipi/client.key 600 root\n/etc/aipi/client.pem 644 root\n',
);

let broker: ReferenceBroker;
const running = new Set<DebianRoot>();

beforeAll(async () => {
  const ids = ['boot', 'prove', 'wrong', 'clock', 'session', 'cut', 'tools', 'backoff', 'certified', 'memory'];
  [broker] = await Promise.all([
    ReferenceBroker.start(releases.flatMap((release) => ids.map((id) => `${id}-${release}`))),
    prepareRoots(),
  ]);
}, 300_000);

afterAll(async () => {
  // Those of tests that took too long.
  await Promise.all([...running].map((root) => running.delete(root) && root.end()));
  await broker?.remove();
});

/** A test on each release at once, each on a layer of its own. */
function onEach(title: string, work: (root: DebianRoot) => Promise<void>, seconds = 60): void {
  test(
    title,
    async () => {
      await Promise.all(releases.map((release) => onRoot(release, work)));
    },
    seconds * 1000,
  );
}

async function onRoot(release: Release, work: (root: DebianRoot) => Promise<void>): Promise<void> {
  const root = await DebianRoot.start(release);
  running.add(root);
  try {
    await work(root);
  } finally {
    if (running.delete(root)) await root.end();
  }
}

/** A bundle that the broker knows, path on the device to text. */
function bundle(id: string, generation = 1, ca = broker.trusted.old): Record<string, string> {
  const { facts, password } = broker.bundle(id, generation);
  return bundleOf(id, generation, facts, password, ca);
}

/** A bundle for the listener that requires a certificate. */
function certified(id: string, certificate: ClientCertificate = broker.issue(id)): Record<string, string> {
  const { facts, password } = broker.bundle(id, 1, broker.trusted.old, certificate);
  return bundleOf(id, 1, facts, password, broker.trusted.old, certificate);
}

/** Derived from another root secret, as the broker's is its own, with the broker's password put in. */
function bundleOf(
  id: string,
  generation: number,
  { host, port, tls }: Pick<DeviceFacts, 'host' | 'port' | 'tls'>,
  password: string,
  certificateAuthority = broker.trusted.old,
  certificate: ClientCertificate | null = null,
): Record<string, string> {
  const rootSecret = randomBytes(32).toString('base64');
  const roles = [{ name: 'device', rules }];
  const enrolment = { host, port, tls, certificateAuthority, rootSecret, roles, clientCertificates: null };
  const device = { id, generation, role: 'device', metadata: {} };
  const files = bundleFiles(enrolment, device, bundleTemplates(), certificate);
  const derived = devicePassword(rootSecret, { id, generation });
  return Object.fromEntries(
    Object.entries(files).map(([path, text]) => [
      path.replace(/^boot/, card).replace(/^extras/, '/extras'),
      text.replaceAll(derived, password),
    ]),
  );
}

function onCard(files: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(files).filter(([path]) => path.startsWith(card)));
}

/** What the unit starts, as LoadCredential and RuntimeDirectory would have it. */
async function prove(
  root: DebianRoot,
  environment: Record<string, string> = {},
  signal?: AbortSignal,
): Promise<Outcome> {
  await root.shell(
    `rm -rf /runtime /credentials; mkdir -p /credentials /runtime
    for name in password client.key; do [ ! -e /etc/aipi/$name ] || cp /etc/aipi/$name /credentials; done
    chmod 400 /credentials/*`,
  );
  const handed = { CREDENTIALS_DIRECTORY: '/credentials', RUNTIME_DIRECTORY: '/runtime', ...environment };
  return root.run(await command(root, 'ExecStart'), { environment: handed, ...(signal && { signal }) });
}

/** What the unit starts after a proof. */
async function cleanUp(root: DebianRoot): Promise<Outcome> {
  return root.run(await command(root, 'ExecStartPost'), { environment: { RUNTIME_DIRECTORY: '/runtime' } });
}

async function command(root: DebianRoot, key: string): Promise<string[]> {
  const line = (await root.read(`${units}/${unit}`)).match(new RegExp(`^${key}=\\+?(.+)$`, 'm'))?.[1] ?? '';
  return line.split(' ');
}

function modes(root: DebianRoot): Promise<string> {
  return root.shell("find /etc/aipi -type f -printf '%p %m %u\\n' | sort");
}

async function proveAll(root: DebianRoot): Promise<void> {
  for (const step of [prove, cleanUp]) {
    const { code, output } = await step(root);
    if (code !== 0) throw new Error(`${root.release}: ${output}`);
  }
}

function hasSession(client: MqttClient): Promise<boolean> {
  return new Promise((done) => client.once('connect', ({ sessionPresent }) => done(sessionPresent)));
}

describe('a boot', () => {
  /** What Imager writes when SSH is enabled; its runcmd and ours must both run. */
  const userData = "#cloud-config\nhostname: raspberry\nruncmd:\n- [sh, -c, 'echo imager >/imager']\n";
  const seed = {
    [`${card}/user-data`]: userData,
    [`${card}/meta-data`]: 'instance-id: rpi-imager-1\n',
    // As Raspberry Pi OS has it.
    '/etc/cloud/cloud.cfg.d/99_raspberry-pi.cfg':
      'datasource_list: [NoCloud, None]\ndatasource:\n  NoCloud:\n    seedfrom: file:///boot/firmware/\n',
    '/etc/cloud/cloud.cfg.d/99_test.cfg': 'network: {config: disabled}\n',
  };

  type Until = (condition: string) => Promise<void>;

  /** Boots, does some work that may wait until a shell test holds, and powers off; gives what the console said. */
  async function whileBooted(root: DebianRoot, work: (until: Until) => Promise<void>): Promise<string> {
    const off = new AbortController();
    const console = root.boot({ signal: off.signal }).then(({ output }) => output);
    const until = async (condition: string) => {
      for (const end = Date.now() + 60_000; (await root.run(['sh', '-c', condition])).code !== 0; await sleep(200)) {
        if (Date.now() < end) continue;
        off.abort();
        const journal = await root.shell('journalctl --directory=/var/log/journal --no-pager');
        throw new Error(`${root.release}: no ${condition}\n${await console}\n${journal}`);
      }
    };
    try {
      await work(until);
    } finally {
      off.abort();
      await console;
    }
    return console;
  }

  onEach(
    'with cloud-init proves the identity and cleans the card; with a newer bundle on the card, the next one too',
    async (root) => {
      const id = `boot-${root.release}`;
      const secret = broker.bundle(id).password;
      await root.write({ ...seed, ...onCard(bundle(id)) });
      const console = await whileBooted(root, async (until) => {
        await until('[ -e /imager ] && [ -e /var/lib/cloud/instance/boot-finished ]');
        await until('[ -e /etc/aipi/proved ]');
      });
      expect(console).not.toMatch(/ordering cycle/);
      expect(await broker.retained(`device/${id}/status`)).toBe('offline');
      expect(await root.shell(`cd ${card} && find . -type f ! -path './aipi/*' | sort`)).toBe(
        './meta-data\n./user-data\n',
      );
      expect(await root.read(`${card}/user-data`)).toBe(userData);
      const holders = 'grep -rlF -e "$SECRET" / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev || true';
      expect(await root.shell(holders, { environment: { SECRET: secret } })).toBe('/etc/aipi/password\n');
      expect(await modes(root)).toBe(installed.replace(/(?=\/etc\/aipi\/source)/, '/etc/aipi/proved 644 root\n'));

      await root.write(onCard(bundle(id, 2)));
      const journal = 'journalctl --directory=/var/log/journal --no-pager --boot --output=cat';
      await whileBooted(root, async (until) => {
        // The boot does not wait for a broker that does not know the new password yet.
        await until(`${journal} | grep -q 'refuses ${id}' && ${journal} | grep -q 'Reached target multi-user.target'`);
        expect(await root.exists(`${card}/aipi/password`)).toBe(true);
        await broker.rotate(id, 2);
        await until('[ -e /etc/aipi/proved ]');
      });
      expect(await root.exists(`${card}/aipi/password`)).toBe(false);
      expect(await root.read('/etc/aipi/password')).toBe(broker.bundle(id, 2).password);
      expect(await root.shell(`${journal} --unit=${unit}`)).toMatch(/attempt 2 follows in \d s\n.* is proved/);
    },
    180,
  );

  onEach(
    'proves the identity by a certificate, whose key only root can read, and removes it from the card',
    async (root) => {
      const id = `certified-${root.release}`;
      const files = certified(id);
      const key = files[`${card}/aipi/client.key`] ?? '';
      await root.write({ ...seed, ...onCard(files) });
      await whileBooted(root, (until) => until('[ -e /etc/aipi/proved ]'));
      expect(await broker.retained(`device/${id}/status`)).toBe('offline');
      expect(await broker.log()).toMatch(new RegExp(` as ${id} \\(p5.*u'${id}'`));
      const holders = 'grep -rlF -e "$SECRET" / --exclude-dir=proc --exclude-dir=sys --exclude-dir=dev || true';
      const secret = key.split('\n')[1] ?? '';
      expect(await root.shell(holders, { environment: { SECRET: secret } })).toBe('/etc/aipi/client.key\n');
      expect(await root.exists(`${card}/aipi/password`)).toBe(false);
      expect(await modes(root)).toBe(withCertificate.replace(/(?=\/etc\/aipi\/source)/, '/etc/aipi/proved 644 root\n'));
    },
    120,
  );
});

describe('the installer', () => {
  onEach('installs and enables in a chroot, twice over the same', async (root) => {
    await root.write(bundle('pi-001'));
    const listing = "cd / && find etc usr/local -newer /begin -printf '%p %m %u %l\\n' | grep -v '\\.unused' | sort";
    await root.shell('sleep 0.05; touch /begin; sleep 0.05');
    expect(await root.must(install.split(' '))).toBe(
      'aipi: generation 1 of pi-001 is installed\naipi: the proof follows at the next boot\n',
    );
    const first = await root.shell(listing);
    expect(await modes(root)).toBe(installed);
    expect(first).toMatch(/^usr\/local\/lib\/aipi\/prove 755 root $/m);
    for (const each of ['aipi-install.service', unit]) {
      expect(first).toContain(`etc/systemd/system/multi-user.target.wants/${each} 777 root ${units}/${each}\n`);
    }
    expect(first).toMatch(/^etc\/systemd\/system\/sysinit.target.wants\/systemd-time-wait-sync.service /m);
    await root.must([...install.split(' '), '--no-start']);
    expect(await root.shell(listing)).toBe(first);
    expect(await root.read('/etc/aipi/password')).toBe(broker.bundle('pi-001').password);
    expect(await root.exists(`${card}/aipi/password`)).toBe(true);
  });

  onEach('leaves units that systemd takes without a warning and orders without a cycle', async (root) => {
    await root.write(bundle('pi-001'));
    await root.must(install.split(' '));
    const verify = ['systemd-analyze', 'verify', '--man=no'];
    const boot = ['multi-user.target', 'cloud-init.target', 'sysinit.target'];
    expect(await root.must([...verify, unit, 'aipi-install.service', 'systemd-time-wait-sync.service'])).toBe('');
    expect((await root.run([...verify, ...boot])).output).not.toMatch(/aipi|cycle/);
  });

  onEach('needs no more than busybox, flock, Python and systemctl', async (root) => {
    await root.write(bundle('pi-001'));
    await root.shell('mkdir /b; busybox --install -s /b; ln -sf /usr/bin/flock /usr/bin/python3 /usr/bin/systemctl /b');
    await root.must(['/b/sh', `${card}/aipi/install.sh`], { environment: { PATH: '/b' } });
    expect(await modes(root)).toBe(installed);
  });

  onEach('needs no modes, owners and links on the card', async (root) => {
    await root.write(bundle(`prove-${root.release}`));
    const refuse = (name: string) =>
      `printf '#!/bin/sh\\ncase "$*" in */boot/*) echo "${name}: not on FAT"; exit 1 ;; esac\\nexec /usr/bin/${name} "$@"\\n' >/fat/${name}`;
    const refused = ['chmod', 'chown', 'cp', 'install', 'ln', 'mv'];
    await root.shell(`mkdir /fat; ${refused.map(refuse).join('; ')}; chmod 755 /fat/*; chmod -R 755 ${card}`);
    await root.must(install.split(' '), { environment: { PATH: '/fat:/usr/sbin:/usr/bin:/sbin:/bin' } });
    expect(await modes(root)).toBe(installed);
    await proveAll(root);
    expect(await root.exists(`${card}/aipi/password`)).toBe(false);
  });

  onEach('does nothing where there is nothing new, and goes on where a proof is due', async (root) => {
    await root.write(bundle('pi-001'));
    await root.must(install.split(' '));
    await root.shell(`rm ${card}/aipi/password`);
    expect(await root.must(install.split(' '))).toBe('aipi: the proof follows at the next boot\n');
    await root.shell('echo now >/etc/aipi/proved');
    expect(await root.must(install.split(' '))).toBe(
      'aipi: the installed identity is proved; there is nothing to do\n',
    );
    expect(await root.must(['sh', '/usr/local/lib/aipi/install.sh'])).toContain('nothing to do');
    expect(await root.read('/etc/aipi/proved')).toBe('now\n');
  });

  onEach('installs a newer generation, or another password of the same, and asks for a new proof', async (root) => {
    await root.write(bundle('pi-001'));
    await root.must(install.split(' '));
    const another = { [`${card}/aipi/password`]: randomBytes(32).toString('base64url') };
    for (const files of [bundle('pi-001', 2), { ...bundle('pi-001', 2), ...another }]) {
      await root.shell('echo now >/etc/aipi/proved');
      await root.write(files);
      await root.must(install.split(' '));
      expect(await root.read('/etc/aipi/password')).toBe(files[`${card}/aipi/password`]);
      expect(await root.exists('/etc/aipi/proved')).toBe(false);
    }
  });

  onEach('takes other certificates under the same generation and password, also after what is older', async (root) => {
    await root.write(bundle('pi-001'));
    await root.must(install.split(' '));
    // As an earlier version of this project wrote it.
    await root.shell(`sed -i '/"ca_fingerprints"/,/]/d; /"certificate_/d; /"private_key_/d' /etc/aipi/device.json
      python3 -c 'import json; assert "ca_fingerprints" not in json.load(open("/etc/aipi/device.json"))'`);
    const next = bundle('pi-001', 1, broker.trusted.both);
    const [client, renewed] = [certified('pi-001'), certified('pi-001')];
    const steps: Array<[files: Record<string, string>, ca: string, modes: string]> = [
      [next, broker.trusted.both, installed],
      [client, broker.trusted.old, withCertificate],
      [renewed, broker.trusted.old, withCertificate],
      [next, broker.trusted.both, installed],
    ];
    for (const [files, ca, expected] of steps) {
      await root.shell('echo now >/etc/aipi/proved');
      await root.write(files);
      expect(await root.must(install.split(' '))).not.toContain('what is installed is replaced');
      expect(await root.read('/etc/aipi/ca.pem')).toBe(ca);
      expect(await modes(root)).toBe(expected);
      if (expected === installed) continue;
      for (const name of ['client.pem', 'client.key'])
        expect(await root.read(`/etc/aipi/${name}`)).toBe(files[`${card}/aipi/${name}`]);
    }
  });

  onEach('refuses an older bundle, and one of another device without --replace', async (root) => {
    const run = (...words: string[]) => root.run([...install.split(' '), ...words]);
    await root.write(bundle('pi-001', 2));
    await run();
    await root.shell('echo now >/etc/aipi/proved');
    await root.write(bundle('pi-001'));
    expect(await run()).toEqual({
      code: 4,
      output: `aipi: generation 2 is installed and the bundle is of generation 1; make the bundle again, or remove it from ${card}/aipi\n`,
    });
    await root.write(bundle('pi-002'));
    expect(await run()).toEqual({
      code: 4,
      output: `aipi: this is pi-001 and the bundle is of pi-002; if that is meant, call: sh ${card}/aipi/install.sh --replace\n`,
    });
    expect(await root.read('/etc/aipi/password')).toBe(broker.bundle('pi-001', 2).password);
    expect(await root.exists('/etc/aipi/proved')).toBe(true);
    expect((await run('--replace')).code).toBe(0);
    expect(await root.read('/etc/aipi/password')).toBe(broker.bundle('pi-002').password);
    expect(await root.exists('/etc/aipi/proved')).toBe(false);
  });

  onEach('refuses a bundle that is incomplete or damaged, in one line, and changes nothing', async (root) => {
    const aipi = `${card}/aipi`;
    const damages: Array<[damage: string, says: RegExp]> = [
      [`rm ${aipi}/password`, /there is no password in .*; copy the whole bundle there/],
      [`printf short >${aipi}/password`, /the password in .* is damaged/],
      [`printf '%043d' 0 | tr 0 ' ' >${aipi}/password`, /the password in .* is damaged/],
      [`rm ${aipi}/ca.pem`, /there is no ca.pem in/],
      [`echo >>${aipi}/ca.pem`, /ca.pem in .* is damaged or of another bundle/],
      [`truncate -s 40 ${aipi}/device.json`, /device.json is damaged \(.*\); make the bundle again/],
      [`truncate -s 0 ${aipi}/prove`, /there is no prove in .*, or it is empty/],
      [`sed -i 's/"version": 1/"version": 2/' ${aipi}/device.json`, /device.json is of another version/],
      [`sed -i 's/"port": [0-9]*/"port": "x"/' ${aipi}/device.json`, /has no valid "port"/],
      [`sed -i 's#"client.pem"#"../client.pem"#' ${aipi}/device.json`, /has no valid "certificate_file" and/],
      [`sed -i 's#"client.key"#null#' ${aipi}/device.json`, /has no valid "certificate_file" and/],
      [`rm ${aipi}/client.pem`, /there is no client.pem in .*; copy the whole bundle there/],
      [`truncate -s 0 ${aipi}/client.key`, /there is no client.key in .*; copy the whole bundle there/],
      [`truncate -s 100 ${aipi}/client.pem`, /are damaged or do not belong together \(.*\); make the bundle again/],
      [
        `openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out ${aipi}/client.key`,
        /are damaged or do not belong together \(.*\); make the bundle again/,
      ],
      [
        `openssl ec -aes128 -passout pass:secret -in ${aipi}/client.key -out ${aipi}/locked 2>/dev/null
        cat ${aipi}/locked >${aipi}/client.key`,
        /are damaged or do not belong together \(.*\); make the bundle again/,
      ],
    ];
    for (const [damage, says] of damages) {
      await root.write(certified('pi-001'));
      await root.shell(damage);
      const { code, output } = await root.run(install.split(' '));
      expect(output).toMatch(new RegExp(`^aipi: .*${says.source}.*\\n$`));
      expect(code).toBe(3);
    }
    expect(await root.exists('/etc/aipi')).toBe(false);
  });

  onEach('says how it wants to be called', async (root) => {
    await root.write(bundle('pi-001'));
    const user = ['setpriv', '--reuid=1000', '--regid=1000', '--clear-groups', ...install.split(' ')];
    expect(await root.run(user)).toEqual({
      code: 2,
      output: `aipi: only root can install; call: sudo sh ${card}/aipi/install.sh\n`,
    });
    expect(await root.run([...install.split(' '), '--force'])).toEqual({
      code: 2,
      output: 'aipi: there is no option --force; use --no-start or --replace\n',
    });
  });

  onEach('has the machine prove it again where the disk is full', async (root) => {
    await root.write(bundle('pi-001'));
    await root.shell('mkdir /etc/aipi');
    const full = 'mount -t tmpfs -o size=4k none /etc/aipi && exec "$@"';
    const { code, output } = await root.run(['unshare', '--mount', 'sh', '-c', full, 'sh', ...install.split(' ')]);
    expect(code).toBe(1);
    expect(output).toMatch(
      /No space left on device\naipi: the line above stopped this script \(1\); correct its cause/,
    );
    await root.must(install.split(' '));
    expect(await modes(root)).toBe(installed);
  });
});

describe('a proof', () => {
  onEach('is a message that the broker acknowledged; then card and vendor-data are cleaned', async (root) => {
    const id = `prove-${root.release}`;
    await root.write({ ...bundle(id), [`${card}/user-data`]: '#cloud-config\n' });
    await root.must(install.split(' '));
    const { code, output } = await prove(root);
    expect(output).toMatch(new RegExp(`^${id} is proved: 127.0.0.1:\\d+ acknowledged its message\\n$`));
    expect(code).toBe(0);
    expect(await root.exists(`${card}/aipi/password`)).toBe(true);
    expect(await broker.retained(`device/${id}/status`)).toBe('offline');
    expect((await cleanUp(root)).code).toBe(0);
    expect(await root.exists(`${card}/aipi/password`)).toBe(false);
    expect(await root.exists(`${card}/vendor-data`)).toBe(false);
    expect(await root.exists(`${card}/user-data`)).toBe(true);
    expect(await root.read('/etc/aipi/proved')).toMatch(/^\d{4}-\d\d-\d\dT/);
  });

  onEach('leaves a vendor-data that is not ours, and a password that came meanwhile', async (root) => {
    const id = `prove-${root.release}`;
    await root.write(bundle(id));
    await root.must(install.split(' '));
    await root.shell(`echo '# mine' >>${card}/vendor-data`);
    await proveAll(root);
    expect(await root.exists(`${card}/vendor-data`)).toBe(true);

    await root.write(bundle(id));
    await root.must(install.split(' '));
    await root.write(bundle(id, 2));
    await proveAll(root);
    expect(await root.read(`${card}/aipi/password`)).toBe(broker.bundle(id, 2).password);
    expect(await root.exists(`${card}/vendor-data`)).toBe(true);
  });

  onEach('leaves another bundle that came meanwhile under the same password', async (root) => {
    const id = `prove-${root.release}`;
    await root.write(bundle(id));
    await root.must(install.split(' '));
    const others = [bundle(id, 1, broker.trusted.both), certified(id), certified(id)];
    for (const other of others) {
      expect((await prove(root)).code).toBe(0);
      await root.write(onCard(other));
      expect((await cleanUp(root)).code).toBe(0);
      expect(await root.exists(`${card}/aipi/password`)).toBe(true);
      expect(await root.exists(`${card}/aipi/client.key`)).toBe(other !== others[0]);
      await root.must(install.split(' '));
    }
    // The files of a certificate that the next bundle does not name; they came with the one before.
    await root.write(onCard(bundle(id)));
    await root.must(install.split(' '));
    await proveAll(root);
    expect(await root.exists(`${card}/aipi/password`)).toBe(false);
    expect(await root.exists(`${card}/aipi/client.key`)).toBe(false);
  });

  onEach('says in one line why the certificate of the device is refused', async (root) => {
    const id = `prove-${root.release}`;
    const revoked = broker.issue(id);
    await broker.revoke(revoked);
    const refused: Array<[files: Record<string, string>, words: string]> = [
      [certified(id, revoked), 'it is revoked'],
      [certified(id, broker.forge(id)), 'it is of another certificate authority'],
      [certified(id, broker.issue(id, new Date(Date.now() - 7_200_000), 1)), 'it has expired'],
      [
        bundleOf(id, 1, { ...broker.bundle(id).facts, port: broker.certifiedPort }, broker.bundle(id).password),
        'it requires one, and none is installed',
      ],
    ];
    for (const [files, words] of refused) {
      await root.write(files);
      await root.must(install.split(' '));
      expect(await prove(root)).toEqual({
        code: 1,
        output: `the broker refuses the certificate of ${id} (${words}); make the bundle again\n`,
      });
      expect(await root.exists(`${card}/aipi/client.key`)).toBe(true);
    }
    await root.write(certified(id));
    await root.must(install.split(' '));
    await root.write({ '/etc/aipi/client.pem': broker.issue(id).certificate });
    const { code, output } = await prove(root);
    expect({ code, output }).toEqual({
      code: 1,
      output: expect.stringMatching(
        /^client.pem and client.key do not belong together \(.*\); install the bundle again\n$/,
      ),
    });
  });

  onEach('does not count for a certificate that was installed during it', async (root) => {
    const id = `prove-${root.release}`;
    await root.write(certified(id));
    await root.must(install.split(' '));
    expect((await prove(root)).code).toBe(0);
    await root.write(certified(id));
    await root.must(install.split(' '));
    const { code, output } = await cleanUp(root);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('other files were installed') });
    await proveAll(root);
    expect(await root.exists(`${card}/aipi/client.key`)).toBe(false);
    expect(await root.exists(`${card}/aipi/client.pem`)).toBe(true);
  });

  onEach('does not count for files that were installed during it', async (root) => {
    const id = `prove-${root.release}`;
    await root.write(bundle(id));
    await root.must(install.split(' '));
    expect((await prove(root)).code).toBe(0);
    await root.write(bundle(id, 2));
    await root.must(install.split(' '));
    const { code, output } = await cleanUp(root);
    expect({ code, output }).toEqual({ code: 1, output: expect.stringContaining('other files were installed') });
    expect(await root.exists(`${card}/aipi/password`)).toBe(true);
    expect(await root.exists('/etc/aipi/proved')).toBe(false);
  });

  onEach('fails on a wrong password, which then stays on the card', async (root) => {
    const id = `wrong-${root.release}`;
    await root.write(bundle(id, 2));
    await root.must(install.split(' '));
    const { code, output } = await prove(root);
    expect(output).toBe(
      `the broker refuses ${id} (not authorized, 0x87); deploy it with generation 2 of this device, or make the bundle again\n`,
    );
    expect(code).toBe(1);
    expect(await root.read(`${card}/aipi/password`)).toBe(broker.bundle(id, 2).password);
    expect((await cleanUp(root)).code).not.toBe(0);
    expect(await root.exists(`${card}/aipi/password`)).toBe(true);
    await broker.rotate(id, 2);
    await proveAll(root);
  });

  onEach('names the remedy where there is no broker, no name, no trust, no right to the topic', async (root) => {
    const id = `prove-${root.release}`;
    const { host, port } = broker.bundle(id).facts;
    const other = `-----BEGIN CERTIFICATE-----\n${'A'.repeat(64)}\n-----END CERTIFICATE-----\n`;
    const edit = (from: string, to: string) => `sed -i 's#"${from}#"${to}#' /etc/aipi/device.json`;
    const faults: Array<[fault: string, says: string]> = [
      [edit(`port": ${port}`, 'port": 9'), `no connection to ${host}:9 (Connection refused); check network and broker`],
      [edit(`host": "${host}`, 'host": "broker.invalid'), 'broker.invalid has no address here ('],
      [
        edit(`host": "${host}`, 'host": "other.test'),
        "certificate is not valid for 'other.test'.); name the host in dnsNames and deploy",
      ],
      [
        edit('topic_prefix": "device', 'topic_prefix": "other'),
        `the broker does not take other/${id}/status (not authorized, 0x87); let the device's role write it and deploy`,
      ],
      [`printf %b '${other.replaceAll('\n', '\\n')}' >/etc/aipi/ca.pem`, 'ca.pem is no certificate ('],
      [
        'openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=other -keyout /dev/null -out /etc/aipi/ca.pem 2>/dev/null',
        'if the broker is the right one, make the bundle again',
      ],
    ];
    await root.write({ ...bundle(id), '/etc/hosts': '127.0.0.1 other.test\n' });
    for (const [fault, says] of faults) {
      await root.must(install.split(' '));
      await root.shell(fault);
      const { code, output } = await prove(root, { RUNTIME_DIRECTORY: '' });
      expect(output).toContain(says);
      expect(output.trimEnd()).not.toContain('\n');
      expect(code).toBe(1);
    }
  });

  onEach('ends at a deadline where the broker is silent', async (root) => {
    const id = `prove-${root.release}`;
    await root.write(bundle(id));
    await root.must(install.split(' '));
    const silent = createServer().listen(0, '127.0.0.1');
    await once(silent, 'listening');
    const { port } = silent.address() as AddressInfo;
    await root.shell(`sed -i 's/"port": [0-9]*/"port": ${port}/' /etc/aipi/device.json
      sed -i 's/^EXCHANGE_SECONDS = .*/EXCHANGE_SECONDS = 1/' /usr/local/lib/aipi/prove`);
    const { code, output } = await prove(root);
    silent.close();
    expect({ code, output }).toEqual({
      code: 1,
      output: 'no proof within 1 s; check the network, its DNS and the broker\n',
    });
  });

  onEach('waits longer the more attempts have failed', async (root) => {
    const id = `backoff-${root.release}`;
    await root.write(bundle(id, 2));
    await root.must(install.split(' '));
    await root.shell('mkdir /failing');
    const failing = { RUNTIME_DIRECTORY: '/failing' };
    expect((await prove(root, failing)).output).not.toContain('attempt');
    await root.shell("sed -i 's/^FIRST_PAUSE_SECONDS = .*/FIRST_PAUSE_SECONDS = 0.1/' /usr/local/lib/aipi/prove");
    expect((await prove(root, failing)).output).toMatch(/^attempt 2 follows in 0 s\nthe broker refuses/);
    expect((await prove(root, failing)).output).toMatch(/^attempt 3 follows in 0 s\nthe broker refuses/);
    await root.shell("sed -i 's/^FIRST_PAUSE_SECONDS = .*/FIRST_PAUSE_SECONDS = 100/' /usr/local/lib/aipi/prove");
    const { code, output } = await prove(root, failing, AbortSignal.timeout(2_000));
    expect({ code, output }).toEqual({
      code: null,
      output: expect.stringMatching(/^attempt 4 follows in (1[5-9]\d|2\d\d|300) s\n$/),
    });
  });

  onEach('waits for the time, and no longer than it may', async (root) => {
    const id = `clock-${root.release}`;
    const library = (await root.shell('find /usr/lib -name libfaketime.so.1')).trim();
    const at = (clock: string) => ({ LD_PRELOAD: library, FAKETIME: clock });
    /** A second authority, with a validity that begins some time from now. */
    const authority = (from: string) =>
      root.shell(
        `cp ${card}/aipi/ca.pem /etc/aipi
        openssl req -x509 -newkey rsa:2048 -nodes -subj /CN=next -keyout /dev/null 2>/dev/null >>/etc/aipi/ca.pem`,
        { environment: at(from) },
      );
    await root.write(bundle(id));
    await root.must(install.split(' '));
    await authority('+5s');
    const started = Date.now();
    const { code, output } = await prove(root);
    expect(output).toMatch(
      /^waiting for the time: this clock says 20.* UTC, ca.pem is valid from 20.* UTC\nthis clock says .* now\n.* is proved/,
    );
    expect(code).toBe(0);
    expect(Date.now() - started).toBeGreaterThan(2_000);

    await authority('+1d');
    await root.shell("sed -i 's/^CLOCK_SECONDS = .*/CLOCK_SECONDS = 1/' /usr/local/lib/aipi/prove");
    const late = await prove(root, { RUNTIME_DIRECTORY: '' });
    await root.write(certified(id, broker.issue(id, new Date(Date.now() + 86_400_000))));
    await root.must(install.split(' '));
    await root.shell("sed -i 's/^CLOCK_SECONDS = .*/CLOCK_SECONDS = 1/' /usr/local/lib/aipi/prove");
    const early = await prove(root, { RUNTIME_DIRECTORY: '' });
    expect(early.output).toMatch(
      /^waiting for the time: this clock says 20.* UTC, client.pem is valid from 20.* UTC\nno time after 1 s: /,
    );
    expect(late.output).toMatch(
      /\nno time after 1 s: this clock says 20.*; let the device reach a time server, or set its clock\n$/,
    );
    expect(late.code).toBe(1);

    await root.write({ '/run/systemd/timesync/synchronized': '' });
    const wrong = await prove(root, { RUNTIME_DIRECTORY: '', ...at('-900d') });
    expect(wrong.output).toMatch(
      /^the certificate of 127.0.0.1 is refused \(certificate is not yet valid\); this clock says 20.*, set it or .*\n$/,
    );
  });

  onEach('takes nothing from a session that the device has', async (root) => {
    const id = `session-${root.release}`;
    const { facts, password, ca } = broker.bundle(id);
    const login = { username: id, password, clientId: id, ca, clean: false, protocolVersion: 5 as const };
    const url = `mqtts://${facts.host}:${facts.port}`;
    const properties = { sessionExpiryInterval: 3_600 };
    const topic = `langchain/process/${id}`;
    const device = await mqtt.connectAsync(url, { ...login, properties });
    await device.subscribeAsync(topic, { qos: 1 });
    await device.endAsync();
    const server = await broker.server();
    await server.publishAsync(topic, 'kept', { qos: 1 });
    await root.write(bundle(id));
    await root.must(install.split(' '));
    expect((await prove(root)).code).toBe(0);

    const again = mqtt.connect(url, { ...login, properties });
    const arrived = new Promise((done) => again.once('message', (_, payload) => done(String(payload))));
    expect(await hasSession(again)).toBe(true);
    expect(await arrived).toBe('kept');
    await again.endAsync();
    await server.endAsync();
  });

  onEach('leaves no session where there was none', async (root) => {
    const id = `prove-${root.release}`;
    const { facts, password, ca } = broker.bundle(id);
    await root.write(bundle(id));
    await root.must(install.split(' '));
    expect((await prove(root)).code).toBe(0);
    const login = { username: id, password, clientId: id, ca, clean: false, protocolVersion: 5 as const };
    const device = mqtt.connect(`mqtts://${facts.host}:${facts.port}`, login);
    expect(await hasSession(device)).toBe(false);
    await device.endAsync();
  });

  onEach('needs no certificate without TLS', async (root) => {
    const server = await broker.server();
    const { username: id = '', password = '' } = server.options;
    await server.endAsync();
    const files = bundleOf(
      id,
      1,
      { ...broker.bundle(id).facts, tls: false, port: broker.accountsPort },
      String(password),
    );
    await root.write(files);
    await root.must(install.split(' '));
    expect(await root.exists('/etc/aipi/ca.pem')).toBe(false);
    await proveAll(root);
    expect(await root.exists(`${card}/aipi/password`)).toBe(false);
  });
});

describe('a root in memory', () => {
  const secrets = ['password', 'client.key'].map((name) => `${card}/aipi/${name}`);
  const forgotten = (kind: string) =>
    `aipi: /etc/aipi lies in memory (${kind}), and the next boot is without it; ` +
    'to install for good, call this again while it lies on a disk\n';

  onEach(
    'keeps password and key on the card after the proof, and says so; a disk then takes them over',
    async (root) => {
      const id = `memory-${root.release}`;
      await root.write({ ...certified(id), '/memory': '' });
      const onCard = () => Promise.all(secrets.map((path) => root.exists(path)));
      const nextBoot = 'umount /etc/aipi 2>/dev/null || :; rm -rf /etc/aipi /usr/local/lib/aipi';
      for (const kind of ['overlay', 'tmpfs', 'ramfs']) {
        if (kind !== 'overlay') await root.shell(`mkdir /etc/aipi; mount -t ${kind} none /etc/aipi`);
        expect(await root.must(install.split(' '))).toBe(
          `aipi: generation 1 of ${id} is installed\n${forgotten(kind)}` +
            `aipi: so password and key stay in ${card}/aipi, also after the proof\n` +
            'aipi: the proof follows at the next boot\n',
        );
        expect((await prove(root)).code).toBe(0);
        expect(await cleanUp(root)).toEqual({
          code: 0,
          output: `aipi: password and key stay in ${card}/aipi, as /etc/aipi lies in memory (${kind})\n`,
        });
        expect(await onCard()).toEqual([true, true]);
        expect(await root.exists(`${card}/vendor-data`)).toBe(true);
        expect(await root.exists('/etc/aipi/proved')).toBe(true);
        await root.shell(nextBoot);
      }
      await root.shell('rm /memory');
      await root.must(install.split(' '));
      await proveAll(root);
      expect(await onCard()).toEqual([false, false]);
      expect(await root.exists(`${card}/vendor-data`)).toBe(false);
      expect(await root.exists('/etc/aipi/password')).toBe(true);
    },
  );

  onEach('says where a bundle lies in memory, too', async (root) => {
    await root.write({ ...certified('pi-001'), '/memory': '' });
    const { output } = await root.run([
      'sh',
      '-euc',
      `cp -r ${card}/aipi /run/aipi-bundle; sh /run/aipi-bundle/install.sh`,
    ]);
    expect(output).toContain(
      `${forgotten('overlay')}aipi: /run/aipi-bundle lies in memory, too; ` +
        'copy the whole bundle onto the boot partition, or the next boot has no password\n',
    );
  });

  onEach('takes a file system that cannot be looked at for one in memory', async (root) => {
    await root.write({ ...bundle(`memory-${root.release}`), '/usr/bin/stat': '#!/bin/sh\nexit 1\n' });
    expect(await root.must(install.split(' '))).toContain(forgotten('unknown'));
  });
});

describe('a card that cannot be written to', () => {
  onEach('keeps what is installed, and its own', async (root) => {
    const id = `memory-${root.release}`;
    await root.write(bundle(id));
    await root.shell(`mount --bind ${card} ${card}; mount -o remount,ro,bind ${card}`);
    await root.must(install.split(' '));
    expect((await prove(root)).code).toBe(0);
    const { code, output } = await cleanUp(root);
    expect(code).toBe(0);
    expect(output).toContain(`aipi: ${card}/aipi/password cannot be removed; remove it by hand\n`);
    expect(await root.exists(`${card}/aipi/password`)).toBe(true);
    expect(await root.exists('/etc/aipi/password')).toBe(true);
    expect(await root.exists('/etc/aipi/proved')).toBe(true);
  });
});

describe('a power cut', () => {
  /** What the next boot does by itself, as soon as it can; before that the script is run again, and that is noted. */
  const nextBoot = `if [ -e ${units}/multi-user.target.wants/aipi-install.service ]; then
      eval "$(sed -n 's/^ExecStart=//p' ${units}/aipi-install.service | sed 's/[$][$]/$/g')"
    else
      echo again >>/again
      ${install}
    fi`;

  // One of the two on each release spares half of the time; it is the same script in the same shell.
  const before = {
    bookworm: async () => 15,
    trixie: async (root: DebianRoot, id: string) => {
      await root.write(certified(id));
      await root.must(install.split(' '));
      await proveAll(root);
      return 0;
    },
  };

  onEach(
    'at each command of an installation, a first one or one of a newer bundle, is repaired by the next boot',
    async (root) => {
      const id = `cut-${root.release}`;
      const mostRunAgain = await before[root.release](root, id);
      const { facts, password: secret } = broker.bundle(id, 2);
      await root.write(bundleOf(id, 2, facts, secret, broker.trusted.both, broker.issue(id)));
      const script = `/bin/${install}`;
      const cuts = await cutAtEachCall(root, { script, complete: nextBoot, secret, proved: false });
      expect(cuts.wrong).toEqual([]);
      expect(cuts.count).toBeGreaterThan(50);
      const again = await root.shell('touch /again; wc -l </again');
      expect(Number(again)).toBeLessThanOrEqual(mostRunAgain);
    },
    240,
  );

  onEach('at each command after a proof leaves the password that was proved', async (root) => {
    const id = `cut-${root.release}`;
    await root.write(certified(id));
    await root.must(install.split(' '));
    expect((await prove(root)).code).toBe(0);
    const script = 'RUNTIME_DIRECTORY=/runtime /bin/sh /usr/local/lib/aipi/install.sh --proved';
    const secret = broker.bundle(id).password;
    const complete = `[ -e /etc/aipi/proved ] || ${script}`;
    const cuts = await cutAtEachCall(root, { script, complete, secret, proved: true });
    expect(cuts.wrong).toEqual([]);
    expect(cuts.count).toBeGreaterThan(15);
    await root.must(['sh', '-c', script]);
    expect(await root.exists(`${card}/aipi/password`)).toBe(false);
    expect(await root.exists(`${card}/aipi/client.key`)).toBe(false);
  });
});

describe('extras', () => {
  onEach('let mosquitto_pub speak as the device', async (root) => {
    const id = `tools-${root.release}`;
    const files = bundle(id);
    await root.write(files);
    await root.must(install.split(' '));
    const environment = { XDG_CONFIG_HOME: '/extras' };
    const publish = ['mosquitto_pub', '-V', 'mqttv5', '-q', '1', '-r', '-t', `device/${id}/status`, '-m', 'online'];
    await root.must(publish, { environment });
    expect(await broker.retained(`device/${id}/status`)).toBe('online');
    await root.write(certified(id));
    await root.must(install.split(' '));
    await root.must([...publish.slice(0, -1), 'by certificate'], { environment });
    expect(await broker.retained(`device/${id}/status`)).toBe('by certificate');
  });

  onEach("join a user-data of one's own, by the real cloud-init", async (root) => {
    await root.write({
      ...bundle('pi-001'),
      '/own': "#cloud-config\nhostname: raspberry\nruncmd:\n- [sh, -c, 'echo own']\n",
    });
    await root.shell(`cloud-init devel make-mime -a /own:cloud-config -a /extras/user-data-part.yaml:cloud-config >/joined 2>/dev/null
      cp /joined ${card}/user-data; echo 'instance-id: a' >${card}/meta-data; rm ${card}/vendor-data
      mkdir -p /run/cloud-init
      printf 'datasource_list: [NoCloud]\ndatasource: {NoCloud: {seedfrom: "file://${card}/"}}\nnetwork: {config: disabled}\n' >/etc/cloud/cloud.cfg.d/99_test.cfg
      cloud-init init --local; cloud-init init`);
    const merged = parse(await root.read('/var/lib/cloud/instance/cloud-config.txt'));
    expect(merged).toMatchObject({
      hostname: 'raspberry',
      runcmd: [
        ['sh', '-c', 'echo own'],
        ['sh', '/boot/firmware/aipi/install.sh'],
      ],
    });
  });
});
