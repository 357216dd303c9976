/**
 * Keeps what sucrase makes of a file for the next process, by its content. Tests start hundreds of processes of this
 * project, each in a scratch copy, and a third of what such a process costs is sucrase. Preloaded through `NODE_OPTIONS`.
 */

const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { join } = require('node:path');

const modules = join(__dirname, '../../node_modules');
const { version } = require(join(modules, 'sucrase/package.json'));
const folder = join(modules, '.cache', `sucrase-${version}`);

const load = Module._load;
Module._load = (request, ...others) => {
  if (request !== 'sucrase/register/ts') return load(request, ...others);
  Module._extensions['.ts'] = (module, path) => module._compile(transformed(path), path);
};

function transformed(path) {
  const text = readFileSync(path, 'utf8');
  const kept = join(folder, createHash('sha256').update(text).digest('hex'));
  try {
    return readFileSync(kept, 'utf8');
  } catch {
    const { code } = require(join(modules, 'sucrase')).transform(text, { transforms: ['imports', 'typescript'] });
    mkdirSync(folder, { recursive: true });
    // Another process may read it at any time.
    writeFileSync(`${kept}.${process.pid}`, code);
    renameSync(`${kept}.${process.pid}`, kept);
    return code;
  }
}
