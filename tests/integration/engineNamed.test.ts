/**
 * Proves that a stack is on the Docker engine that was named, and on no other, whatever else the environment names: by a
 * context with certificates, by `ssh`, beside proxies. The engines are relays to the one of the machine.
 */

import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer as createWebServer } from 'node:http';
import { connect, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { createServer as createSecuredServer } from 'node:tls';
import { image } from '../../setup/image';
import { engineCertificates } from './engineCertificates';
import { devLike, freePorts, leftovers, Project } from './project';

jest.setTimeout(300_000);

const machine = (process.env.DOCKER_HOST ?? 'unix:///var/run/docker.sock').replace('unix://', '');
const servers: Server[] = [];
const sockets = new Set<Socket>();
let folder: string;
let project: Project;
let own: Awaited<ReturnType<typeof devLike>>;
let securedPort = 0;
/** Connections to what nobody may use: another engine, and a proxy. */
let strays: string[] = [];

function relay(client: Socket): void {
  const engine = connect(machine);
  for (const [from, to] of [[client, engine] as const, [engine, client] as const]) {
    sockets.add(from);
    from.pipe(to);
    from.on('error', () => to.destroy()).on('close', () => to.destroy());
  }
}

function listen(server: Server, port: number): Promise<void> {
  servers.push(server);
  return new Promise((done) => server.listen(port, '127.0.0.1', done));
}

const read = (name: string) => readFileSync(join(folder, name));

/** A context of the `docker` command. */
function context(name: string, host: string, files: Record<string, Buffer> = {}): void {
  const digest = createHash('sha256').update(name).digest('hex');
  const meta = join(folder, 'contexts', 'meta', digest);
  mkdirSync(meta, { recursive: true });
  writeFileSync(join(meta, 'meta.json'), JSON.stringify({ Name: name, Endpoints: { docker: { Host: host } } }));
  const tls = join(folder, 'contexts', 'tls', digest, 'docker');
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(tls, { recursive: true });
    writeFileSync(join(tls, file), content);
  }
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-test-engines-'));
  const [secured = 0, other = 0, proxy = 0] = await freePorts(3);
  securedPort = secured;
  engineCertificates(folder, 'IP:127.0.0.1');
  const mutual = { ca: read('ca.pem'), cert: read('engine.pem'), key: read('engine.key'), requestCert: true };
  await listen(createSecuredServer({ ...mutual, rejectUnauthorized: true }, relay), secured);
  for (const [name, port] of [
    ['engine', other],
    ['proxy', proxy],
  ] as const) {
    const stray = createServer((client) => {
      client.on('error', () => {}).once('data', (data) => strays.push(`${name}: ${data.toString().split('\r\n')[0]}`));
      if (name === 'engine') relay(client);
      else client.on('data', () => client.destroy());
    });
    await listen(stray, port);
  }
  const material = { 'ca.pem': read('ca.pem'), 'cert.pem': read('cert.pem'), 'key.pem': read('key.pem') };
  context('secured', `tcp://127.0.0.1:${secured}`, material);
  context('elsewhere', `tcp://127.0.0.1:${other}`);
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ currentContext: 'elsewhere' }));
  // In place of one that logs in elsewhere.
  mkdirSync(join(folder, 'bin'));
  writeFileSync(join(folder, 'bin', 'ssh'), `#!/bin/sh\nexec node '${join(folder, 'dial.js')}' "$@"\n`);
  chmodSync(join(folder, 'bin', 'ssh'), 0o755);
  // As ssh does, it leads to a port where one is named, and to the engine otherwise.
  const dial = `const words = process.argv;
    const [host, port] = words.includes('-W') ? words[words.indexOf('-W') + 1].split(':') : [];
    const s = host ? require('net').connect(Number(port), host) : require('net').connect('${machine}');
    process.stdin.pipe(s).pipe(process.stdout);`;
  writeFileSync(join(folder, 'dial.js'), dial);
  const url = `http://127.0.0.1:${proxy}`;
  for (const name of ['http_proxy', 'https_proxy', 'all_proxy', 'grpc_proxy']) {
    Object.assign(proxies, { [name]: url, [name.toUpperCase()]: url });
  }
  project = new Project();
  own = await devLike();
  project.configure(own.stack, own.config);
});

const proxies: Record<string, string> = {};

afterAll(async () => {
  await project.dispose();
  for (const socket of sockets) socket.destroy();
  for (const server of servers) await new Promise((done) => server.close(done));
  rmSync(folder, { recursive: true, force: true });
});

beforeEach(() => {
  strays = [];
});

/** Runs a command that must succeed. */
async function must(environment: NodeJS.ProcessEnv, ...words: [string, ...string[]]): Promise<string> {
  const more = { DOCKER_CONFIG: folder, ...proxies, ...environment };
  const { code, stdout, stderr } = await project.runWith(more, ...words);
  if (code !== 0) throw new Error(`${words.join(' ')} failed:\n${stdout}${stderr}`);
  return stdout + stderr;
}

test('a context with certificates is the engine of set-up, plug-in and programs, and no proxy stands between', async () => {
  const said = await must({ DOCKER_CONTEXT: 'secured', DOCKER_HOST: '' }, 'up', own.stack);
  expect(said).toContain(`at tcp://127.0.0.1:${securedPort}; image`);
  expect(said).toMatch(/\d+ checks passed now/);
  expect(strays).toEqual([]);
});

test('the engine of the stack file counts before every variable, also behind ssh', async () => {
  project.configure(own.stack, { ...own.config, dockerHost: 'ssh://somebody@127.0.0.1' });
  const PATH = [join(folder, 'bin'), process.env.PATH].join(delimiter);
  const environment = { PATH, DOCKER_CONTEXT: 'elsewhere', DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: '/nowhere' };
  const said = await must(environment, 'up', own.stack);
  expect(said).toContain('at ssh://somebody@127.0.0.1; image');
  expect(strays).toEqual([]);
});

describe('the pull of an image', () => {
  const good = `Basic ${Buffer.from('aipi:secret').toString('base64')}`;
  let registry = '';
  let logins: Set<string | undefined>;

  beforeAll(async () => {
    const [port = 0] = await freePorts(1);
    registry = `127.0.0.1:${port}`;
    const server = createWebServer(({ headers: { authorization } }, response) => {
      logins.add(authorization);
      response.setHeader('WWW-Authenticate', 'Basic realm="trial"');
      const [status, code] = authorization === good ? [404, 'MANIFEST_UNKNOWN'] : [401, 'UNAUTHORIZED'];
      response.writeHead(status).end(JSON.stringify({ errors: [{ code, message: code.toLowerCase() }] }));
    });
    await listen(server, port);
  });

  const pulled = async (settings: object) => {
    logins = new Set();
    writeFileSync(join(folder, 'config.json'), JSON.stringify(settings));
    const before = { ...process.env };
    Object.assign(process.env, {
      DOCKER_CONFIG: folder,
      PATH: [join(folder, 'bin'), process.env.PATH].join(delimiter),
    });
    try {
      const address = { host: `unix://${machine}`, by: undefined, certificates: undefined };
      await image({ reference: `${registry}/none:1`, address, home: folder });
      return 'pulled';
    } catch (error) {
      return (error as Error).message.replaceAll(registry, 'REGISTRY').replaceAll(folder, '~');
    } finally {
      process.env = before;
    }
  };

  it('brings the login that is kept in the file, or by a program', async () => {
    const file = { auths: { [registry]: { auth: good.replace('Basic ', '') } } };
    expect(await pulled(file)).not.toContain('login');
    expect(logins).toContain(good);
    const program = join(folder, 'bin', 'docker-credential-trial');
    writeFileSync(program, '#!/bin/sh\necho \'{"Username":"aipi","Secret":"secret"}\'\n');
    chmodSync(program, 0o755);
    expect(await pulled({ credsStore: 'trial' })).not.toContain('login');
    expect(logins).toContain(good);
  });

  it('says which login there was where it is refused', async () => {
    expect(await pulled({})).toMatch(
      /without a login: there is none for REGISTRY in ~\/config.json; run "docker login REGISTRY"/,
    );
    const wrong = Buffer.from('aipi:wr0ng').toString('base64');
    const said = await pulled({ auths: { [registry]: { auth: wrong } } });
    expect(said).toMatch(/with the login in ~\/config.json/);
    expect(said).not.toContain('wr0ng');
  });
});

test('a stack is destroyed on the engine that is named, whatever its state and the environment say', async () => {
  project.configure(own.stack, { ...own.config, dockerHost: `unix://${machine}` });
  await must({ DOCKER_CONTEXT: 'elsewhere', DOCKER_CERT_PATH: '/nowhere' }, 'destroy', own.stack);
  expect(strays).toEqual([]);
  expect(await leftovers(`aipi-mqtt-${own.stack}`)).toEqual([]);
});
