import { createServer, type Server } from 'node:net';
import { mustAnswer, reasonOf, refusalWords } from '../../operate/reach';

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
    ['hang up', { code: 'ECONNRESET', message: 'socket hang up' }, plain, /^it hangs up, as one does that wants TLS$/],
    ['plain words', { message: 'Client sent an HTTP request to an HTTPS server.' }, plain, /^it wants TLS$/],
    [
      'refused client',
      { code: 'ECONNRESET', message: 'read ECONNRESET' },
      secured,
      /does not take the certificate in \/folder\/cert\.pem$/,
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
      /not of the authority in \/folder\/ca\.pem$/,
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

describe('refusalWords', () => {
  const variable = { host: 'tcp://a:2376', by: 'DOCKER_HOST', certificates: '/folder' };
  const context = { ...variable, by: 'the Docker context "far"' };
  const otherName = {
    code: 'ERR_TLS_CERT_ALTNAME_INVALID',
    message: '',
    host: 'a',
    cert: { subjectaltname: 'DNS:b, IP Address:192.0.2.1' },
  };

  it.each([
    [
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      variable,
      'its certificate is not of the authority in /folder/ca.pem); put the ca.pem of that engine there, or correct DOCKER_CERT_PATH',
    ],
    [
      'SELF_SIGNED_CERT_IN_CHAIN',
      context,
      'its certificate is not of the authority in /folder/ca.pem); put the ca.pem of that engine there, or correct the Docker context "far"',
    ],
    [
      'ERR_SSL_TLSV1_ALERT_UNKNOWN_CA',
      variable,
      'it does not take the certificate in /folder/cert.pem); put one there that the authority of that engine has signed, with its key.pem, or correct DOCKER_CERT_PATH',
    ],
    [
      'ERR_OSSL_X509_KEY_VALUES_MISMATCH',
      variable,
      '/folder/cert.pem and key.pem do not belong together); put a pair there, or correct DOCKER_CERT_PATH',
    ],
    ['CERT_HAS_EXPIRED', variable, 'its certificate has expired); renew it there'],
    [
      'EPROTO',
      variable,
      'it does not speak TLS, or not with these certificates); start it there with --tlsverify, or correct DOCKER_HOST',
    ],
    ['ECONNREFUSED', context, 'nothing listens there); start it there, or correct the Docker context "far"'],
    [
      'ECONNRESET',
      { ...variable, certificates: undefined },
      'it hangs up, as one does that wants TLS); choose a Docker context with its certificates, or set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem',
    ],
    [
      otherName,
      { ...variable, by: 'dockerHost in the stack config' },
      'its certificate is for b, 192.0.2.1, and not for a); write a name that it is for into dockerHost in the stack config, or give that engine one for this name',
    ],
  ])('have the remedy for %j', (error, address, words) => {
    const thrown = typeof error === 'string' ? { code: error, message: error.includes('ALERT') ? 'alert' : '' } : error;
    expect(refusalWords(address, thrown)).toBe(`Docker does not answer at tcp://a:2376 (${words}`);
  });
});
