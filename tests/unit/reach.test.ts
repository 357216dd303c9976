import { createServer, type Server } from 'node:net';
import { mustAnswer } from '../../operate/reach';

let server: Server;
let port: number;

beforeAll(async () => {
  server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  port = (server.address() as { port: number }).port;
});

afterAll(() => new Promise((done) => server.close(done)));

describe('mustAnswer', () => {
  it.each(['tcp', 'http'])('is content with whatever listens at a %s address', async (scheme) => {
    await expect(mustAnswer(`${scheme}://127.0.0.1:${port}`)).resolves.toBeUndefined();
  });

  it.each(['ssh://user@example.invalid', 'npipe:////./pipe/docker_engine', 'no address'])(
    'leaves %s to the client of Docker',
    async (host) => {
      await expect(mustAnswer(host)).resolves.toBeUndefined();
    },
  );

  it.each([
    ['unix:///no/such.sock', 'no such socket'],
    ['tcp://127.0.0.1:1', 'nothing listens there'],
    ['tcp://[::1]:1', 'nothing listens there'],
  ])('names %s, the reason and the key', async (host, reason) => {
    const sentence = `Docker does not answer at ${host} (${reason}); start it there, or correct dockerHost`;
    await expect(mustAnswer(host)).rejects.toThrow(new Error(sentence));
  });

  it('names the variable where the address came from there', async () => {
    const before = process.env.DOCKER_HOST;
    process.env.DOCKER_HOST = 'unix:///no/such.sock';
    try {
      await expect(mustAnswer(undefined)).rejects.toThrow(
        'Docker does not answer at unix:///no/such.sock (no such socket); start it there, or correct DOCKER_HOST',
      );
    } finally {
      if (before === undefined) delete process.env.DOCKER_HOST;
      else process.env.DOCKER_HOST = before;
    }
  });
});
