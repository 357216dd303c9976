import { execFileSync, spawnSync } from 'node:child_process';
import { createHash, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parse } from 'yaml';
import { fromJSONSchema } from 'zod';
import type { ClientCertificate } from '../../certificates/client';
import { bundleTemplates, provisionDevices, writeBundles } from '../../commands/bundles';
import { bundleFiles } from '../../fleet/bundle';
import type { Device } from '../../fleet/device';
import deviceSchema from '../../fleet/device.schema.json';
import { deviceFacts, deviceRecord, devicesOutput, type Enrolment } from '../../fleet/enrolment';
import { pack } from '../../fleet/packing';
import { devicePassword } from '../../fleet/secrets';
import { selfSigned } from './selfSigned';

const repository = resolve(__dirname, '../..');
const authorities = [selfSigned(), selfSigned()];
const authority = authorities.map(({ certificate }) => certificate).join('');
const certificate: ClientCertificate = {
  ...selfSigned(),
  notBefore: '2025-01-01T00:00:00.000Z',
  notAfter: '2049-12-31T23:59:59.000Z',
};
const enrolment: Enrolment = {
  host: 'mqtt.example.org',
  port: 8883,
  tls: true,
  certificateAuthority: authority,
  rootSecret: Buffer.alloc(32, 1).toString('base64'),
  roles: [
    {
      name: 'device',
      rules: [
        { access: 'write', topic: 'device/{id}/status' },
        { access: 'read', topic: 'device/control' },
      ],
    },
    { name: 'silent', rules: [{ access: 'read', topic: 'device/control' }] },
  ],
  clientCertificates: null,
};
/** A fleet whose listener requires a certificate of each device. */
/** SHA-256 of a certificate, in hex. */
function digest(pem: string): string {
  return createHash('sha256').update(new X509Certificate(pem).raw).digest('hex');
}

const certified = { ...enrolment, clientCertificates: { authority: selfSigned(), validityHours: 24 } };
const plain = { ...enrolment, tls: false, port: 1883, certificateAuthority: '' };
const device: Device = { id: 'pi-001', generation: 1, role: 'device', metadata: { site: 'a {{ b }}' } };
const password = devicePassword(enrolment.rootSecret, device);
const templates = bundleTemplates();

describe('bundleFiles', () => {
  const files = bundleFiles(enrolment, device, templates, null);

  test('gives what a device boots with and what other tools take', () => {
    expect(Object.keys(files).sort()).toEqual([
      'boot/aipi/aipi-install.service',
      'boot/aipi/aipi-provision.service',
      'boot/aipi/ca.pem',
      'boot/aipi/device.json',
      'boot/aipi/install.sh',
      'boot/aipi/password',
      'boot/aipi/prove',
      'boot/vendor-data',
      'extras/ansible/host_vars.json',
      'extras/ansible/tasks.yaml',
      'extras/mosquitto_pub',
      'extras/mqtt-explorer.json',
      'extras/user-data-part.yaml',
    ]);
    expect(files).toMatchObject(templates);
    expect(JSON.parse(files['boot/aipi/device.json'] ?? '')).toEqual(deviceFacts(enrolment, device, null));
    expect(files['boot/aipi/password']).toBe(password);
    expect(files['boot/aipi/ca.pem']).toBe(authority);
  });

  test('has the password beside device.json, and where a tool takes it from nowhere else', () => {
    const holders = Object.entries(files).filter(([, text]) => text.includes(password));
    expect(holders.map(([path]) => path).sort()).toEqual([
      'boot/aipi/password',
      'extras/mosquitto_pub',
      'extras/mqtt-explorer.json',
    ]);
    expect(Object.values(files).filter((text) => text.includes(enrolment.rootSecret))).toEqual([]);
  });

  test('has no certificates without TLS', () => {
    const without = bundleFiles(plain, device, templates, null);
    expect(without).not.toHaveProperty(['boot/aipi/ca.pem']);
    expect(without['extras/mosquitto_pub']).not.toContain('cafile');
    expect(without['extras/mqtt-explorer.json']).not.toContain('selfSignedCertificate');
  });

  test('gives options of mosquitto_pub, one a line', () => {
    expect(files['extras/mosquitto_pub']).toBe(`--host mqtt.example.org
--port 8883
--cafile /etc/aipi/ca.pem
--id pi-001
--username pi-001
--pw ${password}
`);
  });

  test('gives a connection that MQTT Explorer imports', () => {
    expect(JSON.parse(files['extras/mqtt-explorer.json'] ?? '')).toEqual({
      'pi-001': {
        configVersion: 1,
        type: 'mqtt',
        id: 'pi-001',
        name: 'pi-001',
        protocol: 'mqtt',
        host: 'mqtt.example.org',
        port: 8883,
        encryption: true,
        certValidation: true,
        selfSignedCertificate: { name: 'ca.pem', data: Buffer.from(authority).toString('base64') },
        clientId: 'pi-001',
        username: 'pi-001',
        password,
        subscriptions: [{ topic: 'device/control', qos: 1 }],
      },
    });
  });

  test('gives variables for Ansible, without what it would take for a template', () => {
    expect(JSON.parse(files['extras/ansible/host_vars.json'] ?? '')).toEqual({
      aipi_id: 'pi-001',
      aipi_host: 'mqtt.example.org',
      aipi_port: 8883,
      aipi_tls: true,
      aipi_topic_prefix: 'device/pi-001',
      aipi_generation: 1,
      aipi_role: 'device',
    });
  });

  test('refuses a role that keeps the device from proving itself', () => {
    expect(() => bundleFiles(enrolment, { ...device, role: 'silent' }, templates, null)).toThrow(
      'pi-001: the role "silent" lacks "write device/{id}/status", by which a device proves itself; add it and deploy',
    );
  });
});

describe('bundleFiles with a certificate of the device', () => {
  const files = bundleFiles(certified, device, templates, certificate);
  const facts = JSON.parse(files['boot/aipi/device.json'] ?? '');
  const base64 = (text: string) => Buffer.from(text).toString('base64');

  test('gives it and its key, and names them', () => {
    expect(files['boot/aipi/client.pem']).toBe(certificate.certificate);
    expect(files['boot/aipi/client.key']).toBe(certificate.privateKey);
    expect(facts).toEqual(deviceFacts(certified, device, certificate));
    expect(facts).toMatchObject({
      certificate_file: 'client.pem',
      private_key_file: 'client.key',
      certificate_expires: certificate.notAfter,
      certificate_issuer: digest(certified.clientCertificates?.authority.certificate ?? ''),
    });
    expect(facts.certificate_issuer).toMatch(/^[0-9a-f]{64}$/);
    expect(
      JSON.parse(bundleFiles(enrolment, device, templates, null)['boot/aipi/device.json'] ?? '').certificate_issuer,
    ).toBeNull();
    expect(files['extras/ansible/host_vars.json']).toBe(
      bundleFiles(enrolment, device, templates, null)['extras/ansible/host_vars.json'],
    );
  });

  test('has the key beside device.json, and where a tool takes it from nowhere else', () => {
    const holders = Object.entries(files).filter(([, text]) =>
      [certificate.privateKey, base64(certificate.privateKey)].some((key) => text.includes(key)),
    );
    expect(holders.map(([path]) => path).sort()).toEqual(['boot/aipi/client.key', 'extras/mqtt-explorer.json']);
    expect(Object.values(files).join()).not.toContain(certified.clientCertificates.authority.privateKey);
  });

  test('tells other tools', () => {
    expect(files['extras/mosquitto_pub']).toContain(
      '--cafile /etc/aipi/ca.pem\n--cert /etc/aipi/client.pem\n--key /etc/aipi/client.key\n--id pi-001\n',
    );
    expect(JSON.parse(files['extras/mqtt-explorer.json'] ?? '')).toMatchObject({
      'pi-001': {
        password,
        clientCertificate: { name: 'client.pem', data: base64(certificate.certificate) },
        clientKey: { name: 'client.key', data: base64(certificate.privateKey) },
      },
    });
  });

  test('refuses to go without one where it is required', () => {
    expect(() => bundleFiles(certified, device, templates, null)).toThrow(
      'pi-001: the listener for devices requires a certificate, and none was issued for this bundle',
    );
  });
});

describe('deviceFacts', () => {
  test('names each certificate that is trusted, in its order', () => {
    const { ca_fingerprints } = deviceFacts(enrolment, device, null);
    expect(ca_fingerprints).toEqual(authorities.map((each) => digest(each.certificate)));
    expect(new Set(ca_fingerprints).size).toBe(2);
    expect(deviceFacts(plain, device, null)).toMatchObject({ ca_fingerprints: [], ca_file: null });
  });
});

describe('deviceRecord', () => {
  test('holds certificate and key in the place of their files', () => {
    const record = deviceRecord(certified, device, certificate);
    expect(record).toMatchObject({
      password,
      ca: authority,
      certificate: certificate.certificate,
      private_key: certificate.privateKey,
      certificate_expires: certificate.notAfter,
    });
    expect(Object.keys(record).filter((name) => name.endsWith('_file'))).toEqual([]);
    expect(deviceRecord(enrolment, device, null)).toMatchObject({ certificate: null, private_key: null });
  });

  test('has no certificate in the outputs of a stack', () => {
    const fleet = { count: 1, digest: '', packed: pack([device]) };
    expect(devicesOutput({ ...certified, fleet })).toEqual({ 'pi-001': deviceRecord(certified, device, null) });
  });
});

describe('the files that are the same in each bundle', () => {
  test('have the line ends of Linux, also from a checkout on Windows', () => {
    const clone = mkdtempSync(join(tmpdir(), 'aipi-crlf-'));
    const templates = bundleTemplates();
    for (const [path, text] of Object.entries(templates)) {
      mkdirSync(join(clone, path, '..'), { recursive: true });
      writeFileSync(join(clone, path), `\ufeff${text.replaceAll('\n', '\r\n')}`);
    }
    expect(Object.entries(templates).filter(([, text]) => text.includes('\r'))).toEqual([]);
    expect(bundleTemplates(clone)).toEqual(templates);
    rmSync(clone, { recursive: true });
  });

  test('the installer knows the vendor-data that is ours to remove', () => {
    const digest = createHash('sha256')
      .update(templates['boot/vendor-data'] ?? '')
      .digest('hex');
    expect(templates['boot/aipi/install.sh']).toContain(`\nown_vendor_data=${digest}\n`);
  });

  test('vendor-data is an archive with one script, which leads to the installer', () => {
    const text = templates['boot/vendor-data'] ?? '';
    expect(text).toMatch(/^#cloud-config-archive\n/);
    expect(parse(text)).toEqual([
      { type: 'text/x-shellscript', filename: 'aipi-install', content: expect.stringContaining('aipi/install.sh') },
    ]);
  });

  test('the part of a user-data says how it is merged', () => {
    const text = templates['extras/user-data-part.yaml'] ?? '';
    expect(text).toMatch(/^#cloud-config\n/);
    expect(Object.keys(parse(text))).toEqual(['merge_how', 'runcmd']);
  });
});

describe('device.schema.json', () => {
  const schema = fromJSONSchema(deviceSchema as Parameters<typeof fromJSONSchema>[0]);
  const facts = deviceFacts(enrolment, device, null);

  test('takes what devices are told', () => {
    expect(schema.safeParse(facts)).toMatchObject({ success: true });
    expect(schema.safeParse(deviceFacts(plain, device, null))).toMatchObject({ success: true });
    expect(schema.safeParse(deviceFacts(certified, device, certificate))).toMatchObject({ success: true });
  });

  test('asks for each fact, knows no other, and describes each', () => {
    expect([...deviceSchema.required].sort()).toEqual(Object.keys(facts).sort());
    expect(Object.keys(deviceSchema.properties).sort()).toEqual(Object.keys(facts).sort());
    expect(deviceSchema.additionalProperties).toBe(false);
    const described = [
      ...Object.values(deviceSchema.properties),
      ...Object.values(deviceSchema.properties.topics.properties),
    ];
    expect(described.filter(({ description }) => !/^[A-Z].*\.$/.test(description))).toEqual([]);
  });

  test.each([
    ['another version', { version: 2 }],
    ['a password', { password: 'secret' }],
    ['no port', { port: 0 }],
    ['an id that leaves the folder', { client_id: '..' }],
    ['a digest of another length', { ca_sha256: 'ab' }],
    ['a fingerprint with colons', { ca_fingerprints: ['AB:CD'] }],
    ['a certificate elsewhere', { certificate_file: '../client.pem' }],
    ['a key elsewhere', { private_key_file: '/client.key' }],
    ['a date of another form', { certificate_expires: 'Dec 31 23:59:59 2049 GMT' }],
    ['an empty fact of the operator', { metadata: { site: '' } }],
    ['a topic too much', { topics: { ...facts.topics, retain: [] } }],
  ])('refuses %s', (_, change) => {
    expect(schema.safeParse({ ...facts, ...change })).toMatchObject({ success: false });
  });
});

describe('writeBundles', () => {
  let scratch: string;
  let out: string;

  beforeEach(() => {
    jest.spyOn(process.stderr, 'write').mockReturnValue(true);
    scratch = realpathSync(mkdtempSync(join(tmpdir(), 'aipi-bundle-')));
    out = join(scratch, 'made', 'bundles');
  });

  afterEach(() => {
    jest.restoreAllMocks();
    rmSync(scratch, { recursive: true });
  });

  const password2 = devicePassword(enrolment.rootSecret, { ...device, generation: 2 });
  const secret = (id = 'pi-001') => readFileSync(join(out, id, 'boot/aipi/password'), 'utf8');

  function modes(folder: string): Record<string, string> {
    const paths = ['.', ...readdirSync(folder, { recursive: true, encoding: 'utf8' })];
    return Object.fromEntries(paths.map((path) => [path, (statSync(join(folder, path)).mode & 0o777).toString(8)]));
  }

  test('writes the files of each device, for their owner alone', async () => {
    expect(await writeBundles(enrolment, [device, { ...device, id: 'pi-002' }], out)).toBe(out);
    expect(readdirSync(out)).toEqual(['pi-001', 'pi-002']);
    const files = bundleFiles(enrolment, device, templates, null);
    for (const [path, text] of Object.entries(files))
      expect(readFileSync(join(out, 'pi-001', path), 'utf8')).toBe(text);
    const found = modes(join(scratch, 'made'));
    for (const [path, mode] of Object.entries(found)) {
      expect([path, mode]).toEqual([path, statSync(join(scratch, 'made', path)).isDirectory() ? '700' : '600']);
    }
    expect(Object.keys(found)).toHaveLength(2 + 2 * (1 + 4 + Object.keys(files).length));
  });

  test('replaces the bundle that is there as a whole', async () => {
    await writeBundles(enrolment, [device], out);
    writeFileSync(join(out, 'pi-001', 'boot', 'note'), 'of another version');
    await writeBundles(plain, [{ ...device, generation: 2 }], out);
    expect(readdirSync(out)).toEqual(['pi-001']);
    expect(secret()).toBe(password2);
    expect(existsSync(join(out, 'pi-001/boot/note'))).toBe(false);
    expect(existsSync(join(out, 'pi-001/boot/aipi/ca.pem'))).toBe(false);
  });

  test('leaves a bundle alone that would be the same, unless there is more in it or somebody else can read it', async () => {
    await writeBundles(enrolment, [device], out);
    const folder = join(out, 'pi-001');
    const { ino } = statSync(folder);
    await writeBundles(enrolment, [device], out);
    expect(statSync(folder).ino).toBe(ino);
    writeFileSync(join(folder, 'boot', 'note'), 'of another version');
    await writeBundles(enrolment, [device], out);
    expect(existsSync(join(folder, 'boot', 'note'))).toBe(false);
    execFileSync('chmod', ['644', join(folder, 'boot/aipi/password')]);
    await writeBundles(enrolment, [device], out);
    expect(modes(folder)['boot/aipi/password']).toBe('600');
  });

  test('cleans up after runs that were interrupted, and brings back what they had put aside', async () => {
    await writeBundles(enrolment, [device, { ...device, id: 'pi-002' }], out);
    const { pid: dead } = spawnSync('true');
    const leave = (name: string) => {
      mkdirSync(join(out, name));
      writeFileSync(join(out, name, 'password'), 'half');
    };
    for (const name of [`pi-001~aipi-new-${dead}`, `pi-001~aipi-old-${dead}`, `pi-002~aipi-new-${process.pid}`])
      leave(name);
    execFileSync('mv', [join(out, 'pi-002'), join(out, `pi-002~aipi-old-${dead}`)]);
    leave(`pi-003~aipi-new-${process.ppid}`);
    await writeBundles(enrolment, [device], out);
    expect(readdirSync(out)).toEqual(['pi-001', 'pi-002', `pi-003~aipi-new-${process.ppid}`]);
    expect(secret('pi-002')).toBe(devicePassword(enrolment.rootSecret, { id: 'pi-002', generation: 1 }));
  });

  test('refuses to replace what is no bundle of the device', async () => {
    mkdirSync(join(out, 'pi-001'), { recursive: true });
    writeFileSync(join(out, 'pi-001', 'thesis'), '');
    const refusal = `${join(out, 'pi-001')} is there and is no bundle of pi-001; move it away, or name another --out`;
    await expect(writeBundles(enrolment, [device], out)).rejects.toThrow(refusal);
    rmSync(join(out, 'pi-001'), { recursive: true });
    await writeBundles(enrolment, [{ ...device, id: 'pi-002' }], out);
    symlinkSync('pi-002', join(out, 'pi-001'));
    await expect(writeBundles(enrolment, [device], out)).rejects.toThrow(refusal);
    expect(readdirSync(out)).toEqual(['pi-001', 'pi-002']);
  });

  test('refuses the repository, however it is named, and leaves nothing there', async () => {
    symlinkSync(repository, join(scratch, 'link'));
    symlinkSync(join(repository, 'not-there'), join(scratch, 'dangling'));
    symlinkSync('dangling', join(scratch, 'twice'));
    const names = [
      repository,
      join(repository, 'fleet'),
      join(repository, 'not-there', 'deeper'),
      join(scratch, 'link'),
      join(scratch, 'link', 'not-there'),
      join(scratch, 'dangling'),
      join(scratch, 'twice', 'deeper'),
      join(scratch, '..', ...scratch.split('/').map(() => '..'), repository, 'not-there'),
    ];
    for (const name of names) {
      await expect(writeBundles(enrolment, [device], name)).rejects.toThrow(
        `--out ${name} is in this repository, where passwords would be committed; name a folder outside`,
      );
    }
    expect(existsSync(join(repository, 'not-there'))).toBe(false);
    expect(existsSync(join(repository, 'fleet', 'pi-001'))).toBe(false);
  });

  test('provision asks for a folder', async () => {
    await expect(provisionDevices(enrolment, [device], { format: 'bundle' })).rejects.toThrow('--out DIR');
    await expect(provisionDevices(enrolment, [device], { format: 'bundle', out: '' })).rejects.toThrow('--out DIR');
    await expect(provisionDevices(enrolment, [device], { format: 'json', out })).rejects.toThrow('leave --out away');
  });
});

describe('provision as JSON', () => {
  const devices = Array.from({ length: 3_000 }, (_, index) => ({ ...device, id: `pi-${index}` }));

  /** The command in a process of its own, with a standard output of its own. */
  function inProcess(shell: string) {
    const program = `require('sucrase/register/ts');
      const { enrolment, devices } = JSON.parse(require('fs').readFileSync(0, 'utf8'));
      require('./commands/bundles.ts').provisionDevices(enrolment, devices, { format: 'json' });`;
    const input = JSON.stringify({ enrolment, devices });
    return spawnSync('bash', ['-o', 'pipefail', '-c', shell, process.execPath, program], {
      cwd: repository,
      input,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
    });
  }

  test('prints one record a line and nothing else', () => {
    const { status, stdout, stderr } = inProcess('"$0" -e "$1"');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    const lines = stdout.split('\n');
    expect(lines.pop()).toBe('');
    expect(lines.map((line) => JSON.parse(line))).toEqual(devices.map((each) => deviceRecord(enrolment, each, null)));
  });

  test('ends without a word where nobody reads on', () => {
    const { status, stdout, stderr } = inProcess('"$0" -e "$1" | head -n 1');
    expect({ status, stderr }).toEqual({ status: 0, stderr: '' });
    expect(JSON.parse(stdout)).toMatchObject({ client_id: 'pi-0' });
  });
});
