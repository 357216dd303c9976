/**
 * Proves that versions are pinned, and that no tracked file names a folder of somebody's machine or a package registry
 * other than npm's own.
 *
 * A light check: it knows a few spellings only, and binary files and files that are not yet tracked are not read.
 */

import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import manifest from '../../package.json';
import { read, root } from './pages';

const exact = /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/;

/** Spelt in parts, so that this file does not find itself. */
const privatePlaces = ['work', 'root', 'Users'].map((folder) => `/${folder}/`);

test('package.json pins exact versions', () => {
  const { dependencies, devDependencies, overrides } = manifest;
  const versions = Object.entries({ ...dependencies, ...devDependencies, ...overrides });
  expect(versions).not.toHaveLength(0);
  expect(versions.filter(([, version]) => !exact.test(version))).toEqual([]);
});

test('package-lock.json locks the versions of package.json', () => {
  const { packages } = JSON.parse(read('package-lock.json'));
  const { dependencies, devDependencies } = manifest;
  expect(packages[''].dependencies).toEqual(dependencies);
  expect(packages[''].devDependencies).toEqual(devDependencies);
  const versions = Object.entries({ ...dependencies, ...devDependencies });
  expect(versions.filter(([name, version]) => packages[`node_modules/${name}`]?.version !== version)).toEqual([]);
});

test('the programs that use the package name its version, and the packages that it needs, as package.json does', () => {
  for (const example of ['two-sites', 'larger-stack']) {
    const { dependencies, devDependencies } = JSON.parse(read(`examples/${example}/package.json`));
    const { 'aipi-mqtt': own, ...others } = { ...dependencies, ...devDependencies };
    expect(own).toBe(`file:../aipi-mqtt-${manifest.version}.tgz`);
    expect({ ...manifest.dependencies, ...manifest.devDependencies }).toMatchObject(others);
  }
});

test('package-lock.json names no registry but that of npm', () => {
  const resolved = [...read('package-lock.json').matchAll(/"resolved": "([^"]+)"/g)].map(([, url = '']) => url);
  expect(resolved.filter((url) => !url.startsWith('https://registry.npmjs.org/'))).toEqual([]);
});

test('no tracked file names a folder of a machine', () => {
  const patterns = privatePlaces.flatMap((place) => ['-e', place]);
  const search = ['grep', '-I', '--line-number', '--fixed-strings', ...patterns];
  const { status, stdout, stderr } = spawnSync('git', search, { cwd: root, encoding: 'utf8' });
  expect({ stdout, stderr }).toEqual({ stdout: '', stderr: '' });
  // 1: git has searched, and found nothing.
  expect(status).toBe(1);
});

test('every step of a workflow that runs an action pins it by its commit', () => {
  const uses = readdirSync(join(root, '.github/workflows'))
    .flatMap((name) => read(`.github/workflows/${name}`).split('\n'))
    .filter((line) => line.includes('uses:'));
  expect(uses).not.toHaveLength(0);
  // One of this repository comes with the checkout.
  expect(uses.filter((line) => !/uses: ([\w./-]+@[0-9a-f]{40} # v\d|\.\/\.github\/)/.test(line))).toEqual([]);
});

test('every tracked file is checked out with the line ends of Linux, on Windows too', () => {
  const { stdout } = spawnSync('git', ['ls-files', '--eol'], { cwd: root, encoding: 'utf8' });
  const lines = stdout.trim().split('\n');
  expect(lines.length).toBeGreaterThan(100);
  expect(lines.filter((line) => !/^i\/(lf|none|-text) .*attr\/text=auto eol=lf\s/.test(line))).toEqual([]);
});
