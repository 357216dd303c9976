/** Makes the status page: one HTML text that needs nothing else. */

import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { build } from 'esbuild';
import { policyOf } from './policy';

const folder = join(__dirname, '..', 'page');
const styleMark = '/* style */';
const scriptMark = '/* script */';

/**
 * The page with its script, its style and its chart library in it, and what the browser may do there.
 *
 * @throws Error where its parts cannot be put together
 */
export async function buildPage(): Promise<{ html: string; contentSecurityPolicy: string }> {
  const [frame, { outputFiles }] = await Promise.all([
    readFile(join(folder, 'page.html'), 'utf8'),
    build({
      entryPoints: [join(folder, 'main.ts')],
      bundle: true,
      minify: true,
      write: false,
      outdir: folder,
      platform: 'browser',
      target: ['chrome123', 'firefox120', 'safari17.5'],
      // Whatever a server says of the encoding.
      charset: 'ascii',
      legalComments: 'none',
      logLevel: 'silent',
    }),
  ]);
  const text = (end: string) => outputFiles.find(({ path }) => path.endsWith(end))?.text.trim() ?? '';
  const html = inserted(inserted(frame, styleMark, text('.css')), scriptMark, text('.js'));
  return { html, contentSecurityPolicy: policyOf(html) };
}

function inserted(frame: string, mark: string, text: string): string {
  // Nothing in it may end the element that it stands in.
  if (text === '' || /<\/(script|style)|<!--/i.test(text)) throw new Error(`the page cannot hold its ${mark}`);
  const [before, after, ...more] = frame.split(mark);
  if (before === undefined || after === undefined || more.length > 0) throw new Error(`the page needs one ${mark}`);
  return `${before}${text}${after}`;
}
