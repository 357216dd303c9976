/**
 * Proves with the real engine that no password, password hash or private key of a stack like production's stands
 * readable in anything that a deployment shows or leaves: command lines and environments of processes, standard output
 * and error, `docker inspect`, the broker's log, the state with its backups and history, the engine's own logs, the
 * project folder, the cache and temporary files. So it is with what a person keeps elsewhere and the program reads: the
 * passphrase of the stack, those of other projects that are tried on it, and the login to a registry that a pull brings.
 * The environment asks Node, the libraries, the plug-ins and the engine to tell all they do. Each secret is looked for as
 * it is, and in base64, hex, URL and JSON notation; planted secrets show that the search finds what is there.
 *
 * It does not prove that the encryption of the state is strong, that the passphrase is kept well, or what the broker's
 * own memory holds. What the Docker engine writes of a pull is not searched. A process that has ended before it could be read, about a millisecond later, may be missed.
 */

import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliDecompressSync } from 'node:zlib';
import { parse } from 'yaml';
import { logs } from '../../operate/docker';
import { home } from '../../setup/home';
import { passphraseFile } from '../../setup/passphrase';
import { CommentService } from '../unit/commentService';
import { Authorities } from './authorities';
import { Evidence } from './evidence';
import { keyNeedles, type Needle, needlesOf } from './needles';
import { docker, freePorts, type Outcome, Project } from './project';
import { Sampler } from './sampler';

jest.setTimeout(600_000);

/** What Pulumi itself shows of a stack to whoever may see it. */
const displays = [
  ['stack', '--show-ids', '--show-urns'],
  ['stack', 'export'],
  ['stack', 'history', '--json'],
  ['stack', 'output'],
];

const started = Date.now();
const planted = 'planted/Secret+1 of "tests"';
const plantedNeedles = needlesOf('planted', planted);

/** Secrets of a person that are no part of the stack. */
const kept = {
  passphraseOfVariable: `planted passphrase of a variable ${randomUUID()}`,
  passphraseOfFile: `planted passphrase of a file ${randomUUID()}`,
  passwordOfFile: `planted password of a file ${randomUUID()}`,
  passwordOfProgram: `planted password of a program ${randomUUID()}`,
  tokenOfComments: `planted-token-${randomUUID()}`,
};
const registryUser = 'planted';

let project: Project;
let container: string;
let sampler: Sampler | undefined;
const needles: Needle[] = [];
/** Secrets that stand in the stack file, encrypted. */
const configurationNeedles: Needle[] = [];
const stack = 'secretive';
let registry: Server | undefined;
/** Logins that the registry was sent. */
const logins = new Set<string | undefined>();
const evidence = new Evidence();
const outcomes: Record<string, Outcome> = {};
/** What is shown elsewhere than by a command. */
const pages: Record<string, string> = {};
const service = new CommentService();

/** Where all that is started here has its temporary files: what others have meanwhile is theirs, and may be large. */
const temporary = mkdtempSync(join(tmpdir(), 'secrecy-'));

beforeAll(async () => {
  process.env.TMPDIR = temporary;
  project = new Project();
  const ports = await freePorts(5);
  container = `test-${ports[0]}`;
  const config = { ...productionConfig(ports), containerName: container, devices: ['pi-001', 'pi-002'] };
  const sampling = await Sampler.start();
  sampler = sampling;
  await plantProcesses();
  project.configure(stack, config);
  keepSecrets();
  await keepWith(talkative(), 'first up', 'up');
  if (outcomes['first up']?.code !== 0) throw new Error(outcomes['first up']?.stderr);
  await keep('preview', 'preview', '--diff');
  await keepWith({ ...talkative(), ...foreign() }, 'second up', 'up', '--diff');
  await keepWith({ ...talkative(), ...foreign() }, 'verify', 'verify', '--json');
  await keepWith({ NODE_DEBUG: '*', ...foreign() }, 'outputs with NODE_DEBUG', 'outputs');
  await keepWithoutPassphrase();
  await keep('outputs', 'outputs', '--json');
  await keepAccess();
  await keep('devices', 'devices');
  await keep('certificates', 'certificates', '--json');
  for (const words of displays) outcomes[words.join(' ')] = await project.run('pulumi', ...words, '--stack', stack);
  await provisionOutside();
  needles.push(...(await secrets()));
  Object.assign(config, { devices: ['pi-001', { id: 'pi-002', generation: 2 }, 'pi-003'] });
  project.configure(stack, config);
  await keepReviews();
  await keep('preview of another fleet', 'preview', '--diff');
  await keepWith(talkative(), 'up with another fleet', 'up', '--diff');
  await addDocker();
  project.configure(stack, { ...config, devices: [] });
  await keep('up without a fleet', 'up');
  project.configure(stack, { ...config, accounts: [{ username: 'aisa_server', topics: ['read a/#/b'] }] });
  await keep('up with a bad topic', 'up');
  project.configure(stack, { ...config, extraOptions: ['sys_interval never'] });
  await keep('up with files that the broker refuses', 'up');
  await keepPulls(config);
  await keepOwnAuthority(config);
  project.configure(stack, config);
  await sampling.stop();
  needles.push(...(await secrets()));
  plantFiles();
  for (const [name, { stdout, stderr }] of Object.entries(outcomes)) evidence.add(name, stdout + stderr);
  for (const [name, text] of Object.entries(pages)) evidence.add(name, text);
  for (const text of sampling.seen) {
    evidence.add(`${kindOf(text)} ${evidence.names.length}`, text);
  }
  evidence.addFiles(project.folder);
  for (const folder of [temporary, home(), process.env.PULUMI_HOME ?? join(homedir(), '.pulumi')]) {
    evidence.addFiles(folder, started);
  }
});

afterAll(async () => {
  await sampler?.stop();
  await new Promise((done) => (registry === undefined ? done(undefined) : registry.close(done)));
  await project?.dispose();
  rmSync(temporary, { recursive: true, force: true });
});

test('the commands did what they are searched for', () => {
  const codes = Object.fromEntries(Object.entries(outcomes).map(([name, { code }]) => [name, code === 0]));
  expect(codes).toEqual({
    'first up': true,
    preview: true,
    'second up': true,
    verify: true,
    'outputs with NODE_DEBUG': false,
    'verify without a passphrase': false,
    outputs: true,
    devices: true,
    provision: true,
    'provision of an account': true,
    certificates: true,
    access: true,
    'access as JSON': true,
    'access as a page': true,
    explain: true,
    'explain as JSON': true,
    review: true,
    'review as JSON': true,
    'review of two revisions': true,
    'review with a look': true,
    'plain preview': true,
    comment: true,
    'preview of another fleet': true,
    'up with another fleet': true,
    'up without a fleet': false,
    'up with a bad topic': false,
    'up with files that the broker refuses': false,
    'preview with a login of a file': false,
    'up with a login of a program': false,
    'up that trusts an own authority': true,
    'up with an encrypted key without passphrase': false,
    'up with a wrong passphrase': false,
    'up with an own authority': true,
    'preview with an own authority': true,
    'up with half a key': false,
    ...Object.fromEntries(displays.map((words) => [words.join(' '), true])),
  });
  expect(pages.comment).toContain('1 device to be added: `pi-003`');
  const { stdout = '', stderr = '' } = outcomes['plain preview'] ?? {};
  expect(stdout + stderr).toContain('1 device to be added: pi-003');
  expect(Object.values(pages).join()).toContain('"username":"aisa_server"');
  expect(outcomes['second up']?.stderr).toMatch(/^Left out of the environment: .*DEBUG/m);
  expect(outcomes['outputs with NODE_DEBUG']?.stderr).toContain('NODE_DEBUG is set');
  for (const source of ['PULUMI_CONFIG_PASSPHRASE', `PULUMI_CONFIG_PASSPHRASE_FILE (${keptFile('passphrase')})`]) {
    expect(outcomes['verify without a passphrase']?.stderr).toContain(`that of ${source} is not theirs`);
  }
  expect(outcomes['preview with a login of a file']?.stderr).toContain(`with the login in ${keptFile('config.json')}`);
  expect(outcomes['up with a login of a program']?.stderr).toContain('that docker-credential-planted keeps');
  expect(outcomes['up without a fleet']?.stdout).toContain('this would revoke all 3 deployed devices');
  expect(outcomes['up with a bad topic']?.stderr).toContain('a/#/b');
  expect(outcomes['up with an encrypted key without passphrase']?.stderr).toContain('caPrivateKey: is encrypted');
  expect(outcomes['up with a wrong passphrase']?.stderr).toContain('caPrivateKey: is not opened by the passphrase');
  expect(outcomes['up with half a key']?.stderr).toContain('caPrivateKey: the text is neither PEM nor a file');
  expect(outcomes['up with files that the broker refuses']?.stdout).toContain('does not start on the new files');
});

test('a planted secret is found in a process and in every kind of file', () => {
  const found = evidence.find(plantedNeedles);
  expect(found.filter((hit) => /^process \d+: planted, plain$/.test(hit)).length).toBeGreaterThanOrEqual(2);
  expect(found).toContain(`${join(temporary, 'planted')}: planted, plain`);
  for (const { name } of plantedNeedles) {
    expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${join(project.folder, 'planted')}.*: ${name}$`)));
  }
});

test('names that are no secret are found where they belong', () => {
  const names = evidence.find(needlesOf('account', 'aisa_server')).filter((hit) => hit.endsWith('account, plain'));
  expect(names).toContainEqual(expect.stringMatching(/^first up: /));
  expect(names).toContainEqual(expect.stringContaining(`stacks/aipi-mqtt/${stack}.json: `));
  expect(names).toContainEqual(expect.stringMatching(/\/\.pulumi\/(history|backups)\/.*: /));
  expect(evidence.find(needlesOf('program', 'operate/deliver.ts'))).toContainEqual(
    expect.stringMatching(/^process \d+: program, plain$/),
  );
  expect(evidence.find(needlesOf('container', container))).toContainEqual('container: container, plain');
  expect(evidence.find(needlesOf('version', ' running'))).toContainEqual('broker log: version, plain');
});

test('no password, password hash or private key is readable anywhere', () => {
  expect(evidence.find(needles)).toEqual([]);
});

test('a secret of the configuration is readable where the engine hands it to the program, and nowhere else', () => {
  const found = evidence.find(configurationNeedles).map((hit) => hit.replace(/ \d+: .*/, ''));
  expect([...new Set(found)]).toEqual(['environment of the program']);
});

test('a registry is sent each login that is kept for it', () => {
  for (const password of [kept.passwordOfFile, kept.passwordOfProgram]) expect(logins).toContain(loginOf(password));
});

test.each([
  ['a login of a file', () => kept.passwordOfFile, () => keptFile('config.json')],
  ['a login of a program', () => kept.passwordOfProgram, () => keptFile('docker-credential-planted')],
  ['the passphrase of another project in a file', () => kept.passphraseOfFile, () => keptFile('passphrase')],
  // Whatever begins before it is known to be another's inherits it; the engine and what this starts do not.
  [
    'the passphrase of another project in a variable',
    () => kept.passphraseOfVariable,
    () => 'environment of a command',
  ],
  ['the token that comments', () => kept.tokenOfComments, () => 'process'],
  ['the passphrase of the stack', ownPassphrase, () => passphraseFile(project.home)],
])('%s is readable where it is kept, and nowhere else', (_, secret, place) => {
  const found = evidence.find([
    ...needlesOf('secret', secret()),
    ...needlesOf('secret', `${registryUser}:${secret()}`),
  ]);
  expect([...new Set(found.map((hit) => hit.replace(/( \d+)?: secret, .*/, '')))]).toEqual([place()]);
});

/** Pulumi.prod.yaml on ports of the test's own, on this machine only. */
function productionConfig(ports: number[]): Record<string, unknown> {
  const { config } = parse(readFileSync(join(project.folder, 'Pulumi.prod.yaml'), 'utf8'));
  const own = Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace('aipi-mqtt:', ''), value]));
  const listeners = own.listeners as Array<{ tls?: boolean; clients?: string }>;
  return {
    ...own,
    monitoring: { enabled: true, port: ports[listeners.length] },
    listeners: listeners.map((listener, index) => ({
      ...listener,
      port: ports[index],
      bindAddress: '127.0.0.1',
      requireCertificate: listener.tls === true,
      useIdentityAsUsername: listener.clients === 'devices',
    })),
  };
}

/** Bundles hold passwords on purpose: they are made elsewhere and are gone before anything is searched. */
async function provisionOutside(): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-bundles-'));
  outcomes.provision = await project.run('provision', stack, '--all', '--out', folder);
  outcomes['provision of an account'] = await project.run(
    'provision',
    stack,
    '--account',
    'aisa_server',
    '--out',
    folder,
  );
  for (const place of ['pi-001/boot/aipi', 'account-aisa_server']) {
    needles.push(...keyNeedles(`key of ${place}`, readFileSync(join(folder, place, 'client.key'), 'utf8')));
  }
  rmSync(folder, { recursive: true });
}

async function keep(name: string, command: string, ...args: string[]): Promise<void> {
  outcomes[name] = await project.run(command, stack, ...args);
}

/** Like `keep`, with more in the environment. */
async function keepWith(
  environment: NodeJS.ProcessEnv,
  name: string,
  command: string,
  ...args: string[]
): Promise<void> {
  outcomes[name] = await project.runWith(environment, command, stack, ...args);
}

/** Asks every part for all that it would tell. Node itself is asked apart, because it is refused. */
function talkative(): NodeJS.ProcessEnv {
  return {
    DEBUG: '*',
    NODE_OPTIONS: `--tls-keylog=${join(project.folder, 'keys of connections')}`,
    PULUMI_DEBUG_GRPC: join(project.folder, 'calls'),
    PULUMI_OPTION_LOGFLOW: 'true',
    PULUMI_OPTION_LOGTOSTDERR: 'true',
    PULUMI_OPTION_SHOW_SECRETS: 'true',
    PULUMI_OPTION_VERBOSE: '9',
    TF_LOG: 'TRACE',
  };
}

/** What a person has for another project. */
function foreign(): NodeJS.ProcessEnv {
  return {
    PULUMI_CONFIG_PASSPHRASE: kept.passphraseOfVariable,
    PULUMI_CONFIG_PASSPHRASE_FILE: keptFile('passphrase'),
  };
}

function keptFile(name: string): string {
  return join(project.folder, 'kept by a person', name);
}

function keepSecrets(): void {
  mkdirSync(keptFile(''));
  writeFileSync(keptFile('passphrase'), kept.passphraseOfFile);
  const answer = JSON.stringify({ Username: registryUser, Secret: kept.passwordOfProgram });
  writeFileSync(keptFile('docker-credential-planted'), `#!/bin/sh\necho '${answer}'\n`, { mode: 0o755 });
}

function ownPassphrase(): string {
  return readFileSync(passphraseFile(project.home), 'utf8');
}

/** The stack is there and nothing fits it, so that each passphrase is spoken of. */
async function keepWithoutPassphrase(): Promise<void> {
  const own = passphraseFile(project.home);
  renameSync(own, `${own}.away`);
  await keepWith({ ...talkative(), ...foreign() }, 'verify without a passphrase', 'verify');
  renameSync(`${own}.away`, own);
}

/** Who may do what, in every form. */
async function keepAccess(): Promise<void> {
  const page = join(temporary, 'access.html');
  await keepWith(talkative(), 'access', 'access');
  await keepWith(talkative(), 'access as JSON', 'access', '--json');
  await keepWith(talkative(), 'access as a page', 'access', '--html', page);
  await keepWith(talkative(), 'explain', 'explain', 'aisa_rpi', 'publish', 'device/pi-001/data');
  await keepWith(talkative(), 'explain as JSON', 'explain', 'pi-001', 'subscribe', '#', '--json');
  pages.page = readFileSync(page, 'utf8');
}

/** What a reviewer is shown of another fleet, in every form, with the comment that it becomes; packed records unpacked. */
async function keepReviews(): Promise<void> {
  const git = (...words: string[]) => promisify(execFile)('git', words, { cwd: project.folder });
  await git('init', '--quiet');
  await git('add', 'Pulumi.yaml', `Pulumi.${stack}.yaml`);
  await git('-c', 'user.name=tests', '-c', 'user.email=tests@example.org', 'commit', '--quiet', '--message', 'base');
  await keepWith({ ...talkative(), ...foreign() }, 'review', 'review', '--base', 'HEAD');
  await keepWith(talkative(), 'review as JSON', 'review', '--json');
  await keepWith(talkative(), 'review of two revisions', 'review', '--base', 'HEAD', '--from', 'base');
  await keepWith(talkative(), 'review with a look', 'review', '--look', '--fail-on', 'drift');
  outcomes['plain preview'] = await project.run('pulumi', 'preview', '--stack', stack, '--diff');
  await comment(outcomes.review?.stdout ?? '');
  pages.comment = service.comments.map(({ body }) => body).join('\n');
  for (const [path, { deployed }] of recordsIn(project.home)) {
    pages[`record in ${path}`] = brotliDecompressSync(Buffer.from(deployed, 'base64')).toString();
  }
}

/** What is posted at GitHub of it, with all that its job has in the environment. */
async function comment(text: string): Promise<void> {
  await service.open();
  try {
    const [review, errors] = [join(temporary, 'review.md'), join(temporary, 'errors')];
    writeFileSync(review, text);
    writeFileSync(errors, '');
    const env = {
      ...process.env,
      ...service.github,
      AIPI_REVIEW_STACK: stack,
      AIPI_REVIEW_CODE: '0',
      AIPI_REVIEW_TEXT: review,
      AIPI_REVIEW_ERRORS: errors,
      AIPI_REVIEW_TOKEN: kept.tokenOfComments,
    };
    const { stdout, stderr } = await promisify(execFile)('node', ['.github/actions/review/comment.mjs'], {
      cwd: project.folder,
      env,
    });
    outcomes.comment = { code: 0, stdout, stderr };
  } finally {
    await service.close();
  }
}

/** Each file of a state under a folder, with what the verification has put out. */
function recordsIn(home: string): Array<[path: string, outputs: { deployed: string }]> {
  const state = join(home, 'state', '.pulumi', 'stacks', 'aipi-mqtt', `${stack}.json`);
  const { checkpoint } = JSON.parse(readFileSync(state, 'utf8'));
  const found = checkpoint.latest.resources.filter(({ type }: { type: string }) => type === 'aipi:index:Verification');
  return found.map(({ outputs }: { outputs: { deployed: string } }) => [state, outputs]);
}

/** Pulls from a registry that refuses every login. */
async function keepPulls(config: Record<string, unknown>): Promise<void> {
  const [port = 0] = await freePorts(1);
  const address = `127.0.0.1:${port}`;
  const server = createServer(({ headers }, response) => {
    logins.add(headers.authorization);
    response.writeHead(401, { 'WWW-Authenticate': 'Basic realm="planted"' });
    response.end(JSON.stringify({ errors: [{ code: 'UNAUTHORIZED', message: 'unauthorized' }] }));
  });
  registry = server;
  await new Promise<void>((done) => server.listen(port, '127.0.0.1', done));
  const PATH = [keptFile(''), process.env.PATH].join(delimiter);
  const environment = { ...talkative(), DOCKER_CONFIG: keptFile(''), PATH };
  project.configure(stack, { ...config, image: `${address}/none:1` });
  const [, auth] = loginOf(kept.passwordOfFile).split(' ');
  const settings = { auths: { [address]: { auth } } };
  writeFileSync(keptFile('config.json'), JSON.stringify({ ...settings, credHelpers: { [address]: 'planted' } }));
  await keepWith(environment, 'up with a login of a program', 'up');
  writeFileSync(keptFile('config.json'), JSON.stringify(settings));
  await keepWith(environment, 'preview with a login of a file', 'preview');
}

function loginOf(password: string): string {
  return `Basic ${Buffer.from(`${registryUser}:${password}`).toString('base64')}`;
}

/** Which process a text of the sampler is of. The engine, and whatever it starts, is told where the passphrase is. */
function kindOf(text: string): string {
  if (text.includes('PULUMI_CONFIG=')) return 'environment of the program';
  if (text.includes(`PULUMI_CONFIG_PASSPHRASE_FILE=${passphraseFile(project.home)}`))
    return 'environment of the engine';
  return text.includes(`AIPI_HOME=${project.home}`) ? 'environment of a command' : 'process';
}

async function addDocker(): Promise<void> {
  const broker = docker.getContainer(container);
  const info = await broker.inspect();
  evidence.add('container', JSON.stringify(info));
  evidence.add('image', JSON.stringify(await docker.getImage(info.Image).inspect()));
  evidence.add('broker log', await logs(broker));
  for (const { Name } of info.Mounts) {
    if (Name !== undefined) evidence.add(`volume ${Name}`, JSON.stringify(await docker.getVolume(Name).inspect()));
  }
}

/** An authority of somebody's own: its key and the passphrase of that as secrets of the stack, then wrong ones. */
async function keepOwnAuthority(config: Record<string, unknown>): Promise<void> {
  const authorities = new Authorities();
  // Another checkout of this file may lie among what is searched.
  const passphrase = `planted passphrase of a key ${randomUUID()}`;
  try {
    writeFileSync(authorities.path('passphrase'), passphrase);
    authorities.root('own', ['-passout', 'file:passphrase']);
    authorities.openssl('pkey', '-in', 'own.key', '-passin', 'file:passphrase', '-out', 'open.key');
    needles.push(...keyNeedles('key of an own authority', authorities.read('open.key')));
    configurationNeedles.push(...needlesOf('passphrase', passphrase));
    const own = { ...config, caCertificate: authorities.path('own.pem'), trustedCaGenerations: [1] };
    project.configure(stack, { ...config, trustedCertificates: [authorities.path('own.pem')] });
    await keep('up that trusts an own authority', 'up');
    project.configure(stack, { ...own, maxUnreachedDevicesPercent: 100 });
    await setSecret('caPrivateKey', authorities.read('own.key'));
    await keep('up with an encrypted key without passphrase', 'up');
    await setSecret('caPrivateKeyPassphrase', 'another');
    await keep('up with a wrong passphrase', 'up');
    await setSecret('caPrivateKeyPassphrase', passphrase);
    await keep('up with an own authority', 'up', '--diff');
    await keep('preview with an own authority', 'preview', '--diff');
    project.configure(stack, { ...own, caPrivateKey: authorities.read('open.key').split('\n').slice(1).join('\n') });
    await keep('up with half a key', 'up');
  } finally {
    authorities.dispose();
  }
}

/** As a person does it: the value on standard input, encrypted into the stack file. */
async function setSecret(key: string, value: string): Promise<void> {
  const { child, outcome } = project.start('pulumi', 'config', 'set', '--secret', `aipi-mqtt:${key}`, '--stack', stack);
  child.stdin.end(value);
  const { code, stderr } = await outcome;
  if (code !== 0) throw new Error(stderr);
}

/** Every secret of the stack, in every form: what its outputs say, and what only its state knows. */
async function secrets(): Promise<Needle[]> {
  const { stdout } = await project.must('outputs', stack, '--json', '--show-secrets');
  const { accounts, delivery, devices, enrolment } = JSON.parse(stdout);
  const passwords = Object.entries<string>(accounts).flatMap(([user, password]) =>
    needlesOf(`password of ${user}`, password),
  );
  const lines: string[] = delivery.files.passwords.trim().split('\n');
  const hashes = lines.flatMap((line) => needlesOf(`hash of ${line.split(':')[0]}`, line.split('$').at(-1) ?? ''));
  expect(passwords.length).toBeGreaterThan(3);
  expect(lines).toHaveLength(3);
  const derived = [...Object.values<{ username: string; password: string }>(devices), ...delivery.plan.devices];
  expect(derived.length).toBeGreaterThanOrEqual(4);
  const ofDevices = derived.flatMap(({ username, password }) => needlesOf(`password of ${username}`, password));
  const root = Buffer.from(enrolment.rootSecret, 'base64');
  expect(root).toHaveLength(32);
  const ofRoot = [...needlesOf('root secret', enrolment.rootSecret), ...needlesOf('bytes of the root secret', root)];
  return [...passwords, ...hashes, ...ofDevices, ...ofRoot, ...(await keys(delivery.files['server-ec.key']))];
}

/** The keys of the server and of the CA, in each notation that the state holds. */
async function keys(serverKey: string): Promise<Needle[]> {
  const { stdout } = await project.must('pulumi', 'stack', 'export', '--stack', stack, '--show-secrets');
  const { resources } = JSON.parse(stdout).deployment as { resources: KeyResource[] };
  const made = resources.filter(({ type }) => type === 'tls:index/privateKey:PrivateKey');
  expect(made.map(({ urn }) => urn.split('::').at(-1)).sort()).toEqual([
    'mqtt-certificates-authority-1-key',
    'mqtt-certificates-server-key',
    'mqtt-client-authorities-accounts-1-key',
    'mqtt-client-authorities-devices-1-key',
  ]);
  const pems = made.flatMap(({ urn, outputs }) => {
    const texts = [outputs.privateKeyPem, outputs.privateKeyPemPkcs8].map(({ plaintext }) => JSON.parse(plaintext));
    return texts.map((text: string) => ({ name: urn.split('::').at(-1) ?? '', text }));
  });
  expect(pems.map(({ text }) => text)).toContain(serverKey);
  return pems.flatMap(({ name, text }) => keyNeedles(name, text));
}

interface KeyResource {
  type: string;
  urn: string;
  outputs: {
    privateKeyPem: { plaintext: string };
    privateKeyPemPkcs8: { plaintext: string };
  };
}

/** One process with the planted secret in its command line, and one with it in its environment. */
async function plantProcesses(): Promise<void> {
  const start = promisify(execFile);
  await start('node', ['-e', '0', planted]);
  await start('node', ['-e', '0'], { env: { ...process.env, PLANTED: planted } });
}

/** Files with the planted secret in each notation, somewhere in a longer text. */
function plantFiles(): void {
  writeFileSync(join(temporary, 'planted'), planted);
  const texts = {
    plain: planted,
    hex: Buffer.from(planted).toString('hex'),
    capitals: Buffer.from(planted).toString('hex').toUpperCase(),
    url: encodeURIComponent(planted),
    json: JSON.stringify({ text: planted }),
    ...Object.fromEntries(
      ['', 'x', 'xx'].map((before) => [`base64-${before}`, Buffer.from(`${before}${planted}?`).toString('base64')]),
    ),
    ...Object.fromEntries(
      ['', 'x', 'xx'].map((before) => [`url64-${before}`, Buffer.from(`${before}${planted}?`).toString('base64url')]),
    ),
  };
  for (const [name, text] of Object.entries(texts)) writeFileSync(join(project.folder, `planted-${name}`), `(${text})`);
}
