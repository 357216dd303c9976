/** Making a running broker read its files again, and noticing how that went. */

import { PassThrough } from 'node:stream';
import { text } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { execute, isFar } from './docker';
import { runThere } from './shells';

const deadlineMilliseconds = 10_000;

/**
 * Sends SIGHUP and waits until the broker has noticed it.
 *
 * The signal comes from inside the container: `docker kill -s HUP` would switch the restart policy off. The log is
 * followed from now on, not read as a whole: it may be large, and Docker may rotate it at this moment.
 *
 * @param signal the command that sends the signal
 * @param afterwards runs while the log is still followed
 * @param before runs before the signal is sent
 * @returns what the broker logged since
 * @throws Error when the broker does not react
 */
export async function reload(
  container: Docker.Container,
  signal = wordsFor(container),
  afterwards = async () => {},
  before = async () => {},
): Promise<string> {
  const following = container.logs({ follow: true, stdout: true, stderr: true, tail: 0 });
  following.catch(() => {});
  try {
    await before();
    const framed = await following;
    const said = followed(container, framed);
    const signalled = carriedOut(container, signal).then(({ code, output }) => {
      if (code !== 0) throw new Error(`the broker cannot be signalled: ${output.trim()}`);
    });
    // The engine takes its time to say that a command has ended.
    await Promise.race([said.noticed, signalled.then(() => said.noticed)]);
    await Promise.all([signalled, afterwards()]);
    return said.text();
  } finally {
    following.then((framed) => (framed as unknown as { destroy(): void }).destroy()).catch(() => {});
  }
}

/** By a shell that waits in the container where answers have far to go: the engine gives three for a command. */
async function carriedOut(container: Docker.Container, words: string[]): Promise<{ code: number; output: string }> {
  let code = -1;
  const end = (ended: number) => {
    code = ended;
  };
  const stream = isFar(container) ? await runThere(container, words, end) : undefined;
  if (stream === undefined) return execute(container, words);
  const output = await text(stream);
  return { code, output };
}

/** A service says by itself how it is signalled; in a container the broker is the first process. */
function wordsFor(container: Docker.Container): string[] {
  return (container as { hangUp?: string[] }).hangUp ?? ['kill', '-HUP', '1'];
}

/** What a log says from now on. It is `noticed` also when the broker has ended: whoever asks next will see that. */
function followed(container: Docker.Container, framed: NodeJS.ReadableStream) {
  const said = new PassThrough();
  container.modem.demuxStream(framed, said, said);
  let log = '';
  const noticed = new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error('the broker does not react to SIGHUP')), deadlineMilliseconds);
    const settle = () => {
      clearTimeout(timer);
      resolve();
    };
    said.on('data', (data) => {
      log += data;
      if (/Reloading config/.test(log)) settle();
    });
    framed.once('end', settle).once('close', settle);
  });
  // The signal may fail before anybody waits for this.
  noticed.catch(() => {});
  return { noticed, text: () => log };
}
