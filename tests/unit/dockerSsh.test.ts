import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { get } from 'node:http';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { text } from 'node:stream/consumers';
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

function ask(path: string, signal?: AbortSignal): Promise<string> {
  return new Promise((done, fail) => {
    const agent = new SshAgent('ssh://a');
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

test('the last words are those of what failed', async () => {
  ssh('echo "bash: docker: command not found" >&2; code=127');
  await expect(ask('/')).rejects.toThrow('ssh: bash: docker: command not found');
});
