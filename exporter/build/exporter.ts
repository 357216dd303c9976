/** Makes the program of the exporter: one text that needs nothing but Node. */

import { join } from 'node:path';
import { build } from 'esbuild';
import { buildPage } from './page';

/** @throws Error where its parts cannot be put together */
export async function buildExporter(): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [join(__dirname, '..', 'main.ts')],
    bundle: true,
    minify: true,
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    write: false,
    legalComments: 'inline',
    logLevel: 'silent',
    define: { statusPage: JSON.stringify(await buildPage()) },
  });
  return outputFiles[0]?.text ?? '';
}
