import { createHash } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { addressOf, chosenAddress, environmentOf } from '../../operate/dockerAddress';
import { currentContext } from '../../operate/dockerSettings';
import { sshWords } from '../../operate/dockerSsh';

let folder: string;
let environment: Record<string, string>;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-docker-'));
  environment = { DOCKER_CONFIG: folder };
});

afterEach(() => rmSync(folder, { recursive: true }));

function write(name: string, content: string): void {
  const file = join(folder, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, content);
}

const digest = (name: string) => createHash('sha256').update(name).digest('hex');

function context(name: string, docker: object | undefined, files: string[] = []): string {
  write(`contexts/meta/${digest(name)}/meta.json`, JSON.stringify({ Name: name, Endpoints: { docker } }));
  for (const file of files) write(`contexts/tls/${digest(name)}/docker/${file}`, '-----BEGIN X-----');
  return join(folder, 'contexts/tls', digest(name), 'docker');
}

const whole = ['ca.pem', 'cert.pem', 'key.pem'];
const chosen = (dockerHost?: string) => chosenAddress(dockerHost, environment);
const refusal = (dockerHost?: string) => {
  try {
    chosen(dockerHost);
  } catch (error) {
    return (error as Error).message.replaceAll(folder, '~').replaceAll(/[0-9a-f]{64}/g, '#');
  }
  return undefined;
};

describe('the engine', () => {
  it('is that of the stack, of DOCKER_HOST, of DOCKER_CONTEXT, of the current context, in this order', () => {
    const seen: Array<string | undefined> = [];
    write('config.json', JSON.stringify({ currentContext: 'current' }));
    context('current', { Host: 'tcp://current:1' });
    context('variable', { Host: 'ssh://variable' });
    seen.push(chosen()?.host);
    environment.DOCKER_CONTEXT = 'variable';
    seen.push(chosen()?.host);
    environment.DOCKER_HOST = 'tcp://host:3';
    seen.push(chosen()?.host, chosen('unix:///stack.sock')?.host);
    expect(seen).toEqual(['tcp://current:1', 'ssh://variable', 'tcp://host:3', 'unix:///stack.sock']);
    expect(chosen()?.by).toBe('DOCKER_HOST');
  });

  it.each([['{}'], [''], ['\n'], ['\uFEFF{"currentContext":""}'], ['{"currentContext":"default"}']])(
    "is nobody's choice where the settings are %j",
    (text) => {
      write('config.json', text);
      expect(chosen()).toBeUndefined();
      expect(addressOf(undefined, environment).by).toBeUndefined();
    },
  );

  it("is nobody's choice with empty variables, but the current context counts", () => {
    Object.assign(environment, { DOCKER_HOST: '', DOCKER_CONTEXT: '' });
    expect(chosen('')).toBeUndefined();
    write('config.json', '{"currentContext":"a"}');
    context('a', { Host: 'unix:///a.sock' });
    expect(chosen()).toEqual({ host: 'unix:///a.sock', by: 'the Docker context "a"', certificates: undefined });
    environment.DOCKER_CONTEXT = 'default';
    expect(chosen()).toBeUndefined();
  });

  it.each([
    ['tcp://a', 'tcp://a:2375'],
    ['tcp://a/', 'tcp://a:2375'],
    ['a:99', 'tcp://a:99'],
    ['tcp://[::1]:99/', 'tcp://[::1]:99'],
    ['unix://', 'unix:///var/run/docker.sock'],
    ['ssh://u@a', 'ssh://u@a'],
  ])('is read as the docker command reads %s', (written, host) => {
    environment.DOCKER_HOST = written;
    expect(chosen()?.host).toBe(host);
  });
});

describe('certificates', () => {
  it('are those of the context', () => {
    const certificates = context('a', { Host: 'tcp://a' }, whole);
    environment.DOCKER_CONTEXT = 'a';
    expect(chosen()).toEqual({ host: 'tcp://a:2376', by: 'the Docker context "a"', certificates });
  });

  it('are those of the environment, by default beside the settings, where TCP is spoken', () => {
    for (const file of whole) write(file, '-----BEGIN X-----');
    Object.assign(environment, { DOCKER_TLS_VERIFY: 'yes', DOCKER_HOST: 'tcp://a' });
    expect(chosen()).toEqual({ host: 'tcp://a:2376', by: 'DOCKER_HOST', certificates: folder });
    expect(chosen('tcp://b:5')?.certificates).toBe(folder);
    expect(chosen('ssh://b')?.certificates).toBeUndefined();
    expect(chosen('unix:///b')?.certificates).toBeUndefined();
    delete environment.DOCKER_TLS_VERIFY;
    environment.DOCKER_CERT_PATH = folder;
    expect(chosen()).toEqual({ host: 'tcp://a:2375', by: 'DOCKER_HOST', certificates: undefined });
  });
});

describe('what is handed on', () => {
  it('leaves no other variable a say', () => {
    const none = Object.fromEntries(
      ['CONTEXT', 'TLS', 'TLS_VERIFY', 'CERT_PATH', 'CA_MATERIAL', 'CERT_MATERIAL', 'KEY_MATERIAL'].map((name) => [
        `DOCKER_${name}`,
        undefined,
      ]),
    );
    const address = { host: 'tcp://a:1', by: undefined, certificates: undefined };
    expect(environmentOf(address)).toStrictEqual({ ...none, DOCKER_HOST: 'tcp://a:1' });
    expect(environmentOf({ ...address, certificates: '/c' })).toStrictEqual({
      ...none,
      DOCKER_HOST: 'tcp://a:1',
      DOCKER_TLS_VERIFY: '1',
      DOCKER_CERT_PATH: '/c',
    });
  });

  it('means the same engine to whoever reads it', () => {
    const certificates = context('a', { Host: 'tcp://a' }, whole);
    environment.DOCKER_CONTEXT = 'a';
    const first = addressOf(undefined, environment);
    const again = addressOf(undefined, { ...environment, ...environmentOf(first) });
    expect(again).toEqual({ ...first, by: 'DOCKER_HOST', certificates });
  });
});

describe('one sentence names the file, the fault and the remedy', () => {
  it.each([['{"currentContext":'], ['[]'], ['null'], ['"auths"'], ['auths: {}']])(
    'where the settings are %s',
    (text) => {
      write('config.json', text);
      expect(refusal()).toBe(
        "~/config.json, a file of Docker's settings, is not a JSON object; correct it, or set DOCKER_HOST to the engine that is meant",
      );
      environment.DOCKER_HOST = 'unix:///a';
      expect(chosen()?.host).toBe('unix:///a');
    },
  );

  it('where they are a folder, or name no name', () => {
    mkdirSync(join(folder, 'config.json'));
    expect(refusal()).toContain(
      "~/config.json, a file of Docker's settings, cannot be read (it is a folder); correct it",
    );
    rmSync(join(folder, 'config.json'), { recursive: true });
    write('config.json', '{"currentContext":5}');
    expect(() => currentContext(environment)).toThrow('is no name; run: docker context use default');
  });

  it('where the context is not there, is damaged, or has no host', () => {
    environment.DOCKER_CONTEXT = 'a';
    expect(refusal()).toBe(
      'The Docker context "a", which DOCKER_CONTEXT names, is not in ~; choose another (docker context ls; docker context use …), or set DOCKER_HOST',
    );
    context('a', undefined);
    expect(refusal()).toContain('The Docker context "a", which DOCKER_CONTEXT names, has no host; choose another');
    write(`contexts/meta/${digest('a')}/meta.json`, '{');
    expect(refusal()).toMatch(
      /^~\/contexts\/meta\/#\/meta.json, a file .* is not a JSON object; make the context anew/,
    );
    write(`contexts/meta/${digest('a')}/meta.json`, '{"Endpoints":[null]}');
    expect(refusal()).toContain('has no host');
  });

  it('where certificates are missing, are none, or are not to be verified', () => {
    environment.DOCKER_CONTEXT = 'a';
    context('a', { Host: 'tcp://a:1' }, ['ca.pem']);
    expect(refusal()).toBe(
      'The Docker context "a" asks for TLS, and ~/contexts/tls/#/docker/cert.pem is not there; give it all three: docker context update a --docker host=tcp://a:1,ca=…,cert=…,key=…',
    );
    context('a', { Host: 'tcp://a:1', SkipTLSVerify: true }, whole);
    expect(refusal()).toMatch(
      /^The Docker context "a" does not verify .*; give it the authority: docker context update a/,
    );
    write(`contexts/tls/${digest('a')}/docker/key.pem`, '-----BEGIN ENCRYPTED PRIVATE KEY-----');
    context('a', { Host: 'tcp://a:1' }, ['ca.pem', 'cert.pem']);
    expect(refusal()).toContain('docker/key.pem is encrypted, and Docker takes no passphrase; give it all three');
    write('ca.pem', 'DER');
    Object.assign(environment, { DOCKER_TLS_VERIFY: '1', DOCKER_HOST: 'tcp://a' });
    expect(refusal()).toBe(
      'DOCKER_TLS_VERIFY is set, and ~/ca.pem is not PEM; put them there, or set DOCKER_CERT_PATH to their folder',
    );
    Object.assign(environment, { DOCKER_TLS_VERIFY: '', DOCKER_TLS: '1' });
    expect(refusal()).toMatch(/^DOCKER_TLS asks for an engine whose certificate is not verified.*DOCKER_TLS_VERIFY=1/);
  });

  it.each(['no address', 'file:///a', 'tcp://a b', 'tcp://'])('where the address is "%s"', (host) => {
    environment.DOCKER_HOST = host;
    expect(refusal()).toBe(
      `"${host}", of DOCKER_HOST, is not the address of a Docker engine; write unix:///…, tcp://HOST:PORT or ssh://USER@HOST`,
    );
  });

  it('and keeps a password to itself', () => {
    environment.DOCKER_HOST = 'ssh://u:s3cret@a';
    expect(refusal()).toMatch(/^The address of DOCKER_HOST holds a password/);
    write('config.json', '{"auths":{"a":{"auth":"czNjcmV0"}},');
    delete environment.DOCKER_HOST;
    expect(refusal()).not.toContain('czNjcmV0');
  });
});

test('ssh is called as the plug-in calls it', () => {
  const end = (host: string, ...socket: string[]) => [
    '-o',
    'ConnectTimeout=10',
    '-T',
    '--',
    host,
    'docker',
    ...socket,
    'system',
    'dial-stdio',
  ];
  expect(sshWords('ssh://a', '')).toEqual(end('a'));
  expect(sshWords('ssh://u@[::1]:22/run/d.sock', '-v  -4')).toEqual([
    ...['-l', 'u', '-p', '22', '-v', '-4'],
    ...end('::1', '--host=unix:///run/d.sock'),
  ]);
});
