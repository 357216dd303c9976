/** Files that others write while this program runs. */

import { readFile, stat } from 'node:fs/promises';

const pauseMilliseconds = 1_000;

/**
 * Follows a file that others write.
 *
 * @param changed gets what is in it, now and after each change; what cannot be read is passed over until it can
 */
export async function follow<Content>(path: string, changed: (content: Content) => void): Promise<void> {
  let seen = '';
  const look = async () => {
    const mark = await stat(path).then(
      ({ mtimeMs, size, ino }) => `${mtimeMs} ${size} ${ino}`,
      () => '',
    );
    if (mark === seen || mark === '') return;
    try {
      changed(JSON.parse(await readFile(path, 'utf8')) as Content);
      seen = mark;
    } catch {
      // Somebody is writing it.
    }
  };
  await look();
  setInterval(() => void look(), pauseMilliseconds).unref();
}
