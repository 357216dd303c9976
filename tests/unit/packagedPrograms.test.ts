/** Every program that components have the engine start is in the package: nothing imports it, so it is named there. */

import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');

test('the programs that components start are files of the package', () => {
  const sources = readdirSync(join(root, 'components'), { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.ts'),
  );
  const texts = sources.map((name) => readFileSync(join(root, 'components', name), 'utf8'));
  const started = texts.flatMap((text) => [...text.matchAll(/'(operate\/[\w/]+)'/g)].map(([, path]) => `${path}.ts`));
  const { files } = JSON.parse(readFileSync(join(root, 'tsconfig.package.json'), 'utf8')) as { files: string[] };
  expect(started).toContain('operate/deliver.ts');
  expect(started.filter((path) => !files.includes(path))).toEqual([]);
});
