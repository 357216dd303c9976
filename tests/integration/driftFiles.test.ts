/**
 * Proves that an update looks at the files that a broker reads before it says anything: whatever other hands have done to
 * them, on the volume or by way of the running broker, is named, mended by the same update and proved then; where a
 * reload is enough nobody is disconnected.
 *
 * It does not prove that everything is noticed: who may write to the volume may also set the time of a file, and what a
 * broker has read in between is then seen only where a check looks.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import mqtt from 'mqtt';
import { x509 } from '../../certificates/library';
import { allFileNames, fileNames } from '../../mosquitto/files';
import { look } from '../../operate/look';
import { selfSigned } from '../unit/selfSigned';
import { accepted } from './clients';
import { DriftStack, type Kind, Together } from './driftStack';
import { docker, freePorts } from './project';

jest.setTimeout(300_000);

const host = 'broker.example.org';
let deployed: DriftStack;
let url: string;

beforeAll(async () => {
  const [plain = 0, secured = 0, devices = 0] = await freePorts(3);
  url = `mqtt://127.0.0.1:${plain}`;
  const listeners = [
    { port: plain, bindAddress: '127.0.0.1' },
    { port: secured, bindAddress: '127.0.0.1', tls: true },
    { port: devices, bindAddress: '127.0.0.1', tls: true, clients: 'devices', requireCertificate: true },
  ];
  const config = { listeners, dnsNames: [host], devices: ['pi-01', 'pi-02', 'pi-03'], maxRevokedDevicesPercent: 100 };
  deployed = new DriftStack(`test-${plain}`, config, `mqtts://127.0.0.1:${secured}`, {
    servername: host,
    rejectUnauthorized: false,
  });
  await deployed.deploy();
  // From here on the volume holds an older folder, in which a device is not revoked yet.
  await deployed.deploy({ devices: ['pi-01', 'pi-02'] });
});

beforeEach(() => deployed.watch());

afterEach(() => deployed.onlookers.end());

afterAll(() => deployed.dispose());

const touched = 'Somebody changed files of the broker on its volume';

/** Changes files, and makes the broker read them. */
async function changed(script: string): Promise<void> {
  await deployed.onVolume(script);
  await deployed.signal();
}

const shell = (text: string) => `'${text.replaceAll("'", `'\\''`)}'`;

/** The folder that was delivered before the one that is read, by its name. */
const older = `"$(ls | grep -E '^[0-9a-f]{16}$' | grep -v "$(readlink current)")"`;

// While the volume holds the folder from before still.
test('a link to the files from before', () =>
  deployed.prove({
    plant: () => changed(`cd ..; ln -sfn ${older} current`),
    words: ['The broker reads other files than were proved last'],
    quiet: true,
  }));

/** Serial numbers of the revoked certificates. */
function revokedIn(list = ''): string[] {
  const { X509Crl } = x509();
  return new X509Crl(list).entries.map(({ serialNumber }) => serialNumber).sort();
}

test('a list of revoked certificates from before does not stay', async () => {
  const own = (await look(docker, deployed.name)).files['devices-crl.pem'];
  await changed(`cd ..; cp -p ${older}/devices-crl.pem current/`);
  const before = (await look(docker, deployed.name)).files['devices-crl.pem'];
  expect(revokedIn(before)).not.toEqual(revokedIn(own));
  const { stderr } = await deployed.deploy();
  expect(stderr).toContain('one of devices-ca.pem, devices-crl.pem, issued.json is another one');
  const mended = (await look(docker, deployed.name)).files['devices-crl.pem'];
  // The same certificates under another signature, which may be longer or shorter.
  expect(revokedIn(mended)).toEqual(revokedIn(own));
  await deployed.expectNobodyLeft();
});

/** Each in a file of its own. */
const together = new Together(() => deployed, {
  'a right too many that no probe looks at': {
    plant: () => changed(`sed -i 's|^user aisa_rpi$|&\\ntopic readwrite secret/#|' acl`),
    words: [touched, 'acl: user aisa_rpi gained readwrite secret/#'],
    quiet: true,
  },
  'a password of a device that was taken out': {
    plant: () => changed(`sed -i '/^pi-01:/d' device-passwords`),
    words: [touched, 'device-passwords: missing: pi-01'],
    quiet: true,
  },
  'a listener too many, which nobody has opened': {
    plant: () => changed(`printf 'listener 1999\\n' >> mosquitto.conf`),
    words: ['mosquitto.conf: + listener 1999'],
    quiet: true,
  },
  'a certificate that is another one': {
    plant: () => {
      const { certificate, privateKey } = selfSigned();
      return changed(`echo ${shell(certificate)} > server-ec.pem; echo ${shell(privateKey)} > server-ec.key`);
    },
    words: ['server-ec.pem is another one', 'server-ec.key is another one'],
    quiet: true,
  },
  'a record of trust that somebody made up': {
    plant: () => deployed.onVolume(`sed -i 's/"signer":"[0-9a-f]*"/"signer":"00"/' trust.json`),
    words: ['trust.json says something else than the certificates beside it'],
    quiet: true,
  },
  'a file that others may read, and one too many': {
    plant: () => deployed.onVolume('chmod 644 passwords; echo more > more'),
    words: ["passwords is not the broker's alone to read", 'more was written to'],
    quiet: true,
  },
});

test('a preview names it and mends nothing', async () => {
  await together.planted();
  const { stderr } = await deployed.project.must('preview', deployed.stack);
  for (const kind of Object.values(together.kinds)) deployed.expectNamed(kind, stderr);
  expect((await look(docker, deployed.name)).files.acl).toContain('secret/#');
  await deployed.expectNobodyLeft();
});

test.each(Object.entries(together.kinds))('%s', async (_, kind) => {
  const { verify, update } = await together.mended();
  for (const said of [verify, update]) deployed.expectNamed(kind, said);
});

const kinds: Record<string, Kind> = {
  'a file that is missing when the broker starts again': {
    plant: async () => {
      await deployed.onVolume('rm passwords');
      await deployed.restart();
      await sleep(1_000);
    },
    words: ['The broker in NAME ends at each start', 'passwords is missing'],
    quiet: false,
  },
  'a listener too many, which a restart has opened': {
    plant: async () => {
      await deployed.onVolume(`sed -i '1i listener 1999\\nallow_anonymous true' mosquitto.conf`);
      await deployed.restart();
    },
    words: ['mosquitto.conf: + listener 1999, + allow_anonymous true'],
    quiet: false,
  },
  'a listener too many, which a restart has opened, in files that were put back': {
    plant: async () => {
      await deployed.onVolume(`cp mosquitto.conf /tmp/; printf 'listener 1999\\n' >> mosquitto.conf`);
      await deployed.restart();
      await deployed.onVolume(`sed -i '/^listener 1999$/d' mosquitto.conf`);
    },
    words: ['mosquitto.conf was written to, and the broker may have read something else'],
    quiet: false,
  },
  'a link to other files': {
    plant: () => changed('cd ..; cp -a "$(readlink current)" elsewhere; ln -sfn elsewhere current'),
    words: [touched],
    quiet: true,
  },
  'a link that was turned away and back': {
    plant: () => changed('cd ..; own=$(readlink current); ln -sfn "$own" current'),
    words: ['The broker may have read other files than are there now'],
    quiet: true,
  },
  'rights of an account that were changed, read, and changed back': {
    plant: async () => {
      await changed(`cp acl acl.own; sed -i 's|^user aisa_rpi$|&\\ntopic readwrite test/topic|' acl`);
      await deployed.onVolume('cat acl.own > acl; rm acl.own');
    },
    words: ['acl was written to, and the broker may have read something else'],
    quiet: true,
  },
  'every file changed': {
    plant: () => deployed.onVolume(`for each in *; do printf '# changed\\n' >> "$each"; done`),
    words: [
      'mosquitto.conf: + # changed',
      'passwords cannot be read',
      'device-passwords cannot be read',
      'fleet.json is another one',
    ],
    quiet: true,
  },
  'every file gone': {
    plant: () => deployed.onVolume('rm *'),
    words: [
      'mosquitto.conf is missing',
      'acl is missing',
      'passwords is missing',
      'device-acl is missing',
      'device-passwords is missing',
      'ca.pem is missing',
      'server-ec.pem is missing',
      'server-ec.key is missing',
      'devices-ca.pem is missing',
      'devices-crl.pem is missing',
      'trust.json is missing',
      'fleet.json is missing; what it remembered of devices that were revoked is lost',
      'issued.json is missing; certificates that were revoked are accepted again',
    ],
    quiet: true,
  },
};

test.each(Object.entries(kinds))('%s', (_, kind) => deployed.prove(kind));

test('who came in by what somebody changed is out, and what was asked for then is not delivered', async () => {
  const { files } = await look(docker, deployed.name);
  const line = (files[fileNames.passwords] ?? '').split('\n').find((each) => each.startsWith('aisa_server:')) ?? '';
  // The same password under another name: its hash does not hold the name.
  await changed(
    [
      `printf '%s\\n' ${shell(line.replace('aisa_server', 'eve'))} >> passwords`,
      `printf '\\nuser eve\\ntopic readwrite #\\n' >> acl`,
      `sed -i 's|^user aisa_rpi$|&\\ntopic read secret/#|' acl`,
    ].join('\n'),
  );
  const server = await deployed.login();
  const eve = await mqtt.connectAsync(url, { ...server, username: 'eve', reconnectPeriod: 0 });
  const { accounts } = await deployed.project.outputs(deployed.stack);
  const kept = {
    username: 'aisa_rpi',
    password: accounts.aisa_rpi,
    clientId: 'old-session',
    clean: false,
    protocolVersion: 5 as const,
    properties: { sessionExpiryInterval: 600 },
    reconnectPeriod: 0,
  };
  const old = await mqtt.connectAsync(url, kept);
  const heard: string[] = [];
  old.on('message', (topic) => heard.push(topic));
  await old.subscribeAsync(['secret/#', 'device/control'], { qos: 1 });
  const speaker = await mqtt.connectAsync(url, { ...server, reconnectPeriod: 0 });
  await speaker.publishAsync('secret/before', '', { qos: 1 });
  await speaker.publishAsync('device/control', '', { qos: 1 });
  expect((await deployed.deploy()).stderr).toContain('passwords: one too many: eve');
  await speaker.publishAsync('secret/after', '', { qos: 1 });
  await speaker.publishAsync('device/control', '', { qos: 1 });
  await old.unsubscribeAsync('nothing');
  expect(heard).toEqual(['secret/before', 'device/control', 'device/control']);
  expect({ eve: eve.connected, old: old.connected }).toEqual({ eve: false, old: true });
  expect(await accepted(url, { ...server, username: 'eve' })).toBe(false);
  for (const client of [eve, old, speaker]) await client.endAsync(true);
  expect(deployed.onlookers.disconnects).toBe(0);
});

test('each file that a delivery makes was among them', async () => {
  const { files } = await look(docker, deployed.name);
  expect(Object.keys(files).sort()).toEqual(
    allFileNames.filter((name) => !/^server-(rsa|ed25519)|^accounts-/.test(name)).sort(),
  );
});
