import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, renameSync, rmSync } from 'node:fs';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { ReadableStream } from 'node:stream/web';

const answerSeconds = 5;
const silentSeconds = 15;

/**
 * Downloads a .tar.gz and unpacks it into a folder, which appears when it is complete. A server that does not answer
 * is given up after 5 seconds, one that falls silent after 15.
 *
 * @param strip how many leading folders of the archive are left out
 */
export async function download(
  url: string,
  folder: string,
  strip: number,
  detail: (text: string) => void,
): Promise<void> {
  const giveUp = new AbortController();
  const abort = () => giveUp.abort();
  let silence = setTimeout(abort, answerSeconds * 1000);
  const unfinished = `${folder}.${process.pid}`;
  try {
    const { ok, status, body } = await fetch(url, { signal: giveUp.signal });
    if (!ok || body === null) throw new Error(`answers ${status}`);
    mkdirSync(unfinished, { recursive: true });
    const tar = spawn('tar', ['-xz', '-C', unfinished, `--strip-components=${strip}`], {
      stdio: ['pipe', 'ignore', 'ignore'],
    });
    const unpacked = once(tar, 'close');
    let bytes = 0;
    await pipeline(
      Readable.fromWeb(body as ReadableStream),
      async function* (chunks: AsyncIterable<Uint8Array>) {
        for await (const chunk of chunks) {
          clearTimeout(silence);
          silence = setTimeout(abort, silentSeconds * 1000);
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
    throw new Error(`Cannot download ${url}: ${giveUp.signal.aborted ? 'no answer' : reason(error)}`);
  } finally {
    clearTimeout(silence);
    rmSync(unfinished, { recursive: true, force: true });
  }
}

/** fetch hides its reason, for example that a name cannot be resolved. */
function reason(error: unknown): string {
  const { message, cause } = error as Error;
  return cause instanceof Error ? cause.message : message;
}
