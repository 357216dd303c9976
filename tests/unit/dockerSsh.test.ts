import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { SshAgent } from '../../operate/dockerSsh';

let folder: string;
const before = process.env.PATH;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-ssh-'));
  mkdirSync(join(folder, 'logins'));
  process.env.PATH = [folder, before].join(delimiter);
});

afterEach(() => {
  jest.restoreAllMocks();
  process.env.PATH = before;
  rmSync(folder, { recursive: true });
});

/** In place of one that logs in elsewhere: writes down how many log in at once, then says that it is in. */
function ssh(then: string): void {
  const script = `#!/bin/sh
[ "$1" != -G ] || exit 1
cd "${folder}/logins"
: >$$
ls | wc -l >>../seen
sleep 0.05
rm $$
echo "Authenticated to a ([192.0.2.1]:22) using \\"publickey\\"." >&2
${then}
echo "Transferred: sent 1, received 1 bytes, in 0.1 seconds" >&2
exit $code
`;
  writeFileSync(join(folder, 'ssh'), script);
  chmodSync(join(folder, 'ssh'), 0o755);
}

const answer = 'printf "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\nConnection: close\\r\\n\\r\\nok"; code=0';

function ask(path: string, signal?: AbortSignal, agent = new SshAgent('ssh://a')): Promise<string> {
  return new Promise((done, fail) => {
    get({ host: 'a', path, agent, ...(signal && { signal }) }, (response) => done(text(response))).once('error', fail);
  });
}

test('a few log in at once, and all of many get their answer', async () => {
  ssh(answer);
  const answers = await Promise.all(Array.from({ length: 12 }, (_, index) => ask(`/${index}`)));
  expect(answers).toEqual(answers.map(() => 'ok'));
  const seen = readFileSync(join(folder, 'seen'), 'utf8').trim().split('\n').map(Number);
  expect(Math.max(...seen)).toBeLessThanOrEqual(3);
});

test('whoever is in and waits keeps nobody out', async () => {
  ssh(`read -r line; case "$line" in *silent*) exec sleep 60 ;; esac; ${answer}`);
  // So nothing is let in by the passing of time.
  jest.spyOn(globalThis, 'setTimeout').mockReturnValue({ unref: () => {} } as never);
  const end = new AbortController();
  const silent = Array.from({ length: 4 }, () => ask('/silent', end.signal).catch(() => 'ended'));
  expect(await ask('/')).toBe('ok');
  end.abort();
  expect(await Promise.all(silent)).toEqual(silent.map(() => 'ended'));
});

test('a connection is kept for the next request, and one that has ended is not', async () => {
  const line = 'printf "HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"';
  ssh(
    `while read -r line; do case "$line" in GET*) ${line} ;; esac; case "$line" in *last*) break ;; esac; done; code=0`,
  );
  const agent = new SshAgent('ssh://a');
  const answers = [await ask('/first', undefined, agent), await ask('/last', undefined, agent)];
  // Its end may come with the next request.
  for (let tries = 0; agent.freeSockets['a:80:'] !== undefined && tries < 500; tries++) await sleep(10);
  answers.push(await ask('/again', undefined, agent));
  agent.destroy();
  expect(answers).toEqual(['ok', 'ok', 'ok']);
  expect(readFileSync(join(folder, 'seen'), 'utf8').trim().split('\n')).toHaveLength(2);
});

test('a machine that falls silent before it lets anybody in is given up', async () => {
  ssh('exit');
  // In place of one that has shown its key; it says nothing any more.
  writeFileSync(join(folder, 'ssh'), '#!/bin/sh\n[ "$1" != -G ] || exit 1\nexec sleep 60\n');
  const real = setTimeout;
  jest
    .spyOn(globalThis, 'setTimeout')
    .mockImplementation(((act: () => void, milliseconds: number) => real(act, Math.min(milliseconds, 200))) as never);
  await expect(ask('/')).rejects.toThrow('ssh does not reach a (it answers, and then falls silent); try it by hand');
});

test.each([
  ['bash: docker: command not found', 127, /^a has no "docker" command on the PATH of your user; install one there/],
  ['sh: 1: docker: not found', 127, /^a has no "docker" command/],
  ['dial unix /var/run/docker.sock: connect: permission denied', 1, /^your user may not use the Docker engine of a; /],
  [
    'dial unix /var/run/docker.sock: connect: no such file or directory',
    1,
    /^no Docker engine runs on a .*start it there/,
  ],
  ['dial unix /run/docker.sock: connect: connection refused', 1, /^no Docker engine runs on a /],
  ['unknown flag: --host', 125, /^the "docker" command of a does not reach its engine \(unknown flag: --host\); try/],
  ['kex_exchange_identification: read: Connection reset', 255, /^ssh does not reach a \(kex.*; try it by hand: ssh a$/],
])('what fails with "%s" is told with its remedy', async (said, code, sentence) => {
  ssh(`echo "${said}" >&2; code=${code}`);
  await expect(ask('/')).rejects.toThrow(sentence);
});
