import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loginFor, registryOf } from '../../setup/registryLogin';

let folder: string;
let environment: Record<string, string>;
const base64 = (text: string) => Buffer.from(text).toString('base64');

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-login-'));
  environment = { DOCKER_CONFIG: folder, PATH: `${folder}:/usr/bin:/bin` };
});

afterEach(() => rmSync(folder, { recursive: true }));

function settings(content: unknown): void {
  writeFileSync(join(folder, 'config.json'), typeof content === 'string' ? content : JSON.stringify(content));
}

/** A program that keeps logins, for one address. */
function helper(name: string, address: string, answer: string, code = 0): void {
  const file = join(folder, `docker-credential-${name}`);
  const other = 'echo "credentials not found in native keychain"; exit 1';
  writeFileSync(
    file,
    `#!/bin/sh\nread -r a; [ "$1$a" = 'get${address}' ] || { ${other}; }\necho '${answer}'; exit ${code}\n`,
  );
  chmodSync(file, 0o755);
}

const login = async (reference: string) => (await loginFor(reference, environment)).login;
const message = (reference: string) =>
  loginFor(reference, environment).then(
    ({ words }) => words.replaceAll(folder, '~'),
    (error: Error) => `refused: ${error.message.replaceAll(folder, '~')}`,
  );

test.each([
  ['eclipse-mosquitto:2.1.2', 'docker.io'],
  ['somebody/mosquitto:2', 'docker.io'],
  ['docker.io/library/a:1', 'docker.io'],
  ['index.docker.io/library/a:1', 'docker.io'],
  ['localhost/a:1', 'localhost'],
  ['a.example/b/c@sha256:0', 'a.example'],
  ['127.0.0.1:5000/a:1', '127.0.0.1:5000'],
])('%s is of the registry %s', (reference, registry) => {
  expect(registryOf(reference)).toBe(registry);
});

describe('a login in the file', () => {
  it.each(['a.example:5', 'https://a.example:5', 'http://a.example:5/v1/'])('is found as %s', async (key) => {
    settings({ auths: { 'b.example': { auth: base64('no:no') }, [key]: { auth: base64('user:pass:word') } } });
    expect(await login('a.example:5/c:1')).toEqual({
      serveraddress: 'a.example:5',
      username: 'user',
      password: 'pass:word',
    });
    expect(await message('a.example:5/c:1')).toBe('with the login in ~/config.json');
    expect(await login('a.example/c:1')).toBeUndefined();
  });

  it('may be a token, or in two words', async () => {
    settings({
      auths: {
        'https://index.docker.io/v1/': { identitytoken: 't', auth: base64('u:') },
        b: { registrytoken: 'r' },
        'c.example': { username: 'u', password: 'p' },
      },
    });
    expect(await login('a:1')).toEqual({ serveraddress: 'https://index.docker.io/v1/', identitytoken: 't' });
    expect(await login('c.example/a:1')).toEqual({ serveraddress: 'c.example', username: 'u', password: 'p' });
  });

  it('may stand in DOCKER_AUTH_CONFIG', async () => {
    settings({ auths: { 'a.example': { auth: base64('u:file') } } });
    environment.DOCKER_AUTH_CONFIG = JSON.stringify({ auths: { 'a.example': { auth: base64('u:variable') } } });
    expect(await login('a.example/c:1')).toMatchObject({ password: 'variable' });
    environment.DOCKER_AUTH_CONFIG = '{';
    expect(await message('a.example/c:1')).toMatch(/^refused: DOCKER_AUTH_CONFIG is not a JSON object/);
  });
});

describe('a program that keeps logins', () => {
  it('is that of the registry, else that of all, else the file counts', async () => {
    helper('one', 'a.example', '{"ServerURL":"a.example","Username":"one","Secret":"p"}');
    helper('all', 'b.example', '{"Username":"<token>","Secret":"t"}');
    settings({
      credsStore: 'all',
      credHelpers: { 'a.example': 'one' },
      auths: { 'a.example': {}, 'c.example': { auth: base64('file:p') } },
    });
    expect(await login('a.example/c:1')).toEqual({ serveraddress: 'a.example', username: 'one', password: 'p' });
    expect(await login('b.example/c:1')).toEqual({ serveraddress: 'b.example', identitytoken: 't' });
    expect(await login('c.example/c:1')).toMatchObject({ username: 'file' });
    expect(await message('a.example/c:1')).toBe('with the login that docker-credential-one keeps');
    expect(await message('d.example/c:1')).toBe(
      'without a login: there is none for d.example in docker-credential-all and in ~/config.json; run "docker login d.example"',
    );
  });

  it('that cannot be asked is named, and what it says is not repeated', async () => {
    settings({ credsStore: 'none' });
    expect(await message('a:1')).toBe(
      "refused: docker-credential-none, which Docker's settings name for logins, is not on PATH; install it, or correct the settings",
    );
    helper('none', 'https://index.docker.io/v1/', 's3cret', 3);
    expect(await message('a:1')).toMatch(
      /^refused: docker-credential-none does not give the login .*exit code 3.*docker login/,
    );
    helper('none', 'https://index.docker.io/v1/', 's3cret');
    expect(await message('a:1')).not.toContain('s3cret');
  });
});

describe('settings that are no help', () => {
  it.each([
    ['', /^without a login: there is none for docker.io in ~\/config.json; run "docker login"$/],
    ['{"auths":[],"credHelpers":1,"credsStore":{}}', /^without a login: there is none/],
    ['{"auths":{"docker.io":{"auth":"!"}}}', /^without a login/],
    [
      `{"auths":{"https://index.docker.io/v1/":{"auth":"${base64('s3cret')}"}}}`,
      /^refused: The login for https.* is damaged; log in anew/,
    ],
    ['{', /^refused: ~\/config.json, a file of Docker's settings, is not a JSON object; correct it, or log in anew/],
  ])('are told: %s', async (content, words) => {
    settings(content);
    expect(await message('a:1')).toMatch(words);
    expect(await message('a:1')).not.toContain('s3cret');
  });
});
