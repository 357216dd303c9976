import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { createServer as createSecuredServer } from 'node:https';
import { type AddressInfo, connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { proxyFor } from '../../setup/proxies';
import { get } from '../../setup/web';

const original = { ...process.env };
let seen: string[];
let proxy: Server;
let site: Server;
let secured: Server;
let folder: string;

const portOf = (server: Server) => (server.address() as AddressInfo).port;
const listen = (server: Server) => new Promise<void>((done) => server.listen(0, '127.0.0.1', done));

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-web-'));
  const words = '-x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout key.pem -out cert.pem';
  const subject = ['-subj', '/CN=a.test', '-addext', 'subjectAltName=DNS:a.test'];
  execFileSync('openssl', ['req', ...words.split(' '), ...subject], { cwd: folder, stdio: 'ignore' });
  const read = (name: string) => readFileSync(join(folder, name));
  site = createServer(({ url }, response) => {
    if (url === '/moved') response.writeHead(302, { location: 'http://b.test/there' }).end();
    else response.end(`site ${url}`);
  });
  secured = createSecuredServer({ key: read('key.pem'), cert: read('cert.pem') }, (_, response) =>
    response.end('safe'),
  );
  proxy = createServer(({ url = '', headers }, response) => {
    seen.push(`${url} ${headers['proxy-authorization'] ?? '-'}`);
    const { pathname } = new URL(url);
    fetch(`http://127.0.0.1:${portOf(site)}${pathname}`, { redirect: 'manual' }).then(async (answer) => {
      const location = answer.headers.get('location');
      response.writeHead(answer.status, location === null ? {} : { location }).end(await answer.text());
    });
  });
  proxy.on('connect', ({ url, headers }, client) => {
    seen.push(`${url} ${headers['proxy-authorization'] ?? '-'}`);
    if (url === 'refused.test:443') {
      client.end('HTTP/1.1 407 Login\r\n\r\n');
      return;
    }
    const server = connect(portOf(secured), '127.0.0.1', () => client.write('HTTP/1.1 200 Connected\r\n\r\n'));
    server.pipe(client).pipe(server);
    for (const each of [server, client]) each.on('error', () => {});
  });
  await Promise.all([proxy, site, secured].map(listen));
});

beforeEach(() => {
  seen = [];
  for (const name of Object.keys(process.env)) if (/_proxy$/i.test(name)) delete process.env[name];
});

afterEach(() => {
  process.env = { ...original };
});

afterAll(async () => {
  for (const server of [proxy, site, secured]) {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  }
  rmSync(folder, { recursive: true });
});

const got = async (url: string) => {
  const { status, body } = await get(url, AbortSignal.timeout(4_000));
  return `${status} ${body === null ? '' : await text(body as never)}`;
};

it('goes by the proxy, with its login, also after a redirection', async () => {
  process.env.http_proxy = `http://us%40er:pass@127.0.0.1:${portOf(proxy)}`;
  expect(await got('http://a.test/moved')).toBe('200 site /there');
  const login = `Basic ${Buffer.from('us@er:pass').toString('base64')}`;
  expect(seen).toEqual([`http://a.test/moved ${login}`, `http://b.test/there ${login}`]);
});

it('makes a tunnel for TLS, and verifies behind it', async () => {
  process.env.HTTPS_PROXY = `127.0.0.1:${portOf(proxy)}`;
  await expect(got('https://a.test/')).rejects.toThrow(/self-signed certificate, by the proxy 127.0.0.1:\d+$/);
  expect(seen).toEqual(['a.test:443 -']);
});

it('says what the proxy says, without its login', async () => {
  process.env.ALL_PROXY = `http://user:s3cret@127.0.0.1:${portOf(proxy)}`;
  await expect(got('https://refused.test/')).rejects.toThrow(
    new RegExp(`^the proxy answers 407, by the proxy 127.0.0.1:${portOf(proxy)}$`),
  );
});

it('goes by none to this machine', async () => {
  process.env.http_proxy = 'http://127.0.0.1:1';
  expect(await got(`http://127.0.0.1:${portOf(site)}/a`)).toBe('200 site /a');
});

describe('proxyFor', () => {
  const environment = { https_proxy: 'http://p:1', http_proxy: '', all_proxy: 'socks5://q:2' };

  it.each([
    ['', 'p:1'],
    ['*', undefined],
    ['a.test', undefined],
    ['.test', undefined],
    ['*.test', undefined],
    ['test, b', undefined],
    ['est', 'p:1'],
    ['b.a.test', 'p:1'],
    ['a.test:444', 'p:1'],
    ['10.0.0.0/8', 'p:1'],
  ])('with NO_PROXY=%s is %s', (NO_PROXY, proxied) => {
    expect(proxyFor('https://a.test/', { ...environment, NO_PROXY })?.host).toBe(proxied);
  });

  it('knows networks, and takes no proxy of another kind', () => {
    expect(proxyFor('https://10.1.2.3/', { ...environment, no_proxy: '10.0.0.0/8' })).toBeUndefined();
    expect(proxyFor('http://a.test/', environment)).toBeUndefined();
  });
});
