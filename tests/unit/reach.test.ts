import { createServer, type Server } from 'node:net';
import { mustAnswer, reasonOf } from '../../operate/reach';

let server: Server;
let port: number;
const original = { ...process.env };

beforeAll(async () => {
  server = createServer((socket) => socket.destroy());
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as { port: number }).port;
});

beforeEach(() => {
  for (const name of ['DOCKER_HOST', 'DOCKER_CONTEXT', 'DOCKER_TLS', 'DOCKER_TLS_VERIFY']) delete process.env[name];
});

afterEach(() => {
  process.env = { ...original };
});

afterAll(() => new Promise((done) => server.close(done)));

describe('mustAnswer', () => {
  it.each(['tcp', 'http'])('is content with whatever listens at a %s address', async (scheme) => {
    const host = `${scheme}://127.0.0.1:${port}`;
    await expect(mustAnswer(host)).resolves.toMatchObject({ host, certificates: undefined });
  });

  it.each([
    ['unix:///no/such.sock', 'no such socket'],
    ['tcp://127.0.0.1:1', 'nothing listens there'],
    ['tcp://[::1]:1', 'nothing listens there'],
  ])('names %s, the reason and the key', async (host, reason) => {
    const sentence = `Docker does not answer at ${host} (${reason}); start it there, or correct dockerHost in the stack config`;
    await expect(mustAnswer(host)).rejects.toThrow(new Error(sentence));
  });

  it('says what ssh says', async () => {
    process.env.PATH = '/nowhere';
    await expect(mustAnswer('ssh://example.invalid')).rejects.toThrow(
      'Docker does not answer at ssh://example.invalid: there is no "ssh" on PATH, and example.invalid is reached by it; install it',
    );
  });

  it('names the variable where the address came from there', async () => {
    process.env.DOCKER_HOST = 'unix:///no/such.sock';
    await expect(mustAnswer(undefined)).rejects.toThrow(
      'Docker does not answer at unix:///no/such.sock (no such socket); start it there, or correct DOCKER_HOST',
    );
  });
});

describe('reasonOf', () => {
  const plain = { host: 'tcp://a:1', by: undefined, certificates: undefined };
  const secured = { ...plain, certificates: '/folder' };

  it.each([
    [
      'hang up',
      { code: 'ECONNRESET', message: 'socket hang up' },
      plain,
      /^it hangs up; if it wants TLS: choose a Docker context/,
    ],
    [
      'plain words',
      { message: 'Client sent an HTTP request to an HTTPS server.' },
      plain,
      /^it wants TLS: .*DOCKER_CERT_PATH$/,
    ],
    [
      'refused client',
      { code: 'ECONNRESET', message: 'read ECONNRESET' },
      secured,
      /does not take the certificate in cert.pem/,
    ],
    [
      'alert',
      { code: 'ERR_SSL_X', message: 'tlsv13 alert certificate required' },
      secured,
      /does not take the certificate/,
    ],
    [
      'another authority',
      { code: 'SELF_SIGNED_CERT_IN_CHAIN', message: '' },
      secured,
      /not of the authority in ca.pem/,
    ],
    ['another name', { code: 'ERR_TLS_CERT_ALTNAME_INVALID', message: '' }, secured, /is for another name/],
    [
      'a page',
      { statusCode: 404, message: '(HTTP code 404) unexpected - <!DOCTYPE HTML>' },
      plain,
      /^what answers there is not Docker, HTTP code 404$/,
    ],
    ['nothing known', { message: ' something ' }, plain, /^something$/],
  ])('has words for %s', (_, error, address, words) => {
    expect(reasonOf(error, address)).toMatch(words);
  });
});
