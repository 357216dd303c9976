import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';
import { get } from './web';

const answerSeconds = 5;
const silentSeconds = 15;

/** A .tar.gz that a server has begun to send. */
export interface Offer {
  url: string;
  body: ReadableStream;
  giveUp: AbortController;
}

/**
 * Asks a server for a .tar.gz.
 *
 * @throws one sentence where it does not have it, or does not answer within 5 seconds
 */
export async function ask(url: string): Promise<Offer> {
  const giveUp = new AbortController();
  const silence = setTimeout(() => giveUp.abort(), answerSeconds * 1000);
  try {
    const { status, body } = await get(url, giveUp.signal);
    if (status !== 200 || body === null) throw new Error(`answers ${status}`);
    return { url, body, giveUp };
  } catch (error) {
    throw refusal(url, giveUp, error);
  } finally {
    clearTimeout(silence);
  }
}

/**
 * Takes what is offered and unpacks it into a folder, which appears when it is complete. A server that falls silent is
 * given up after 15 seconds.
 *
 * @param strip how many leading folders of the archive are left out
 * @throws one sentence
 */
export async function take(
  { url, body, giveUp }: Offer,
  folder: string,
  strip: number,
  detail: (text: string) => void,
): Promise<void> {
  const silence = setTimeout(() => giveUp.abort(), silentSeconds * 1000);
  const unfinished = `${folder}.${process.pid}`;
  try {
    mkdirSync(unfinished, { recursive: true });
    const tar = spawn('tar', ['-xz', '-C', unfinished, `--strip-components=${strip}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const unpacked = once(tar, 'close');
    let bytes = 0;
    await pipeline(
      Readable.fromWeb(body),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          silence.refresh();
          bytes += chunk.length;
          detail(`${Math.round(bytes / 1e6)} MB`);
          yield chunk;
        }
      },
      tar.stdin,
    );
    const [code] = await unpacked;
    if (code !== 0) throw new Error('is not a .tar.gz');
    // What an interrupted download of the engine's own left.
    rmSync(folder, { recursive: true, force: true });
    rmSync(`${folder}.partial`, { force: true });
    renameSync(unfinished, folder);
  } catch (error) {
    throw refusal(url, giveUp, error);
  } finally {
    clearTimeout(silence);
    rmSync(unfinished, { recursive: true, force: true });
  }
}

function refusal(url: string, giveUp: AbortController, error: unknown): Error {
  return new Error(`Cannot download ${url}: ${giveUp.signal.aborted ? 'no answer' : reason(error)}`);
}

/** fetch hides its reason, for example that a name cannot be resolved. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
