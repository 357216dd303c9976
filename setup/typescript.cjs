/**
 * Runs TypeScript, as `--require` of every program of this project, and keeps what was compiled beside the packages:
 * most of the time that a program takes to start is spent on compiling the same text again.
 *
 * Kept is the JavaScript of each file of this project, and what V8 made of it and of each package. Both are found by a
 * digest of the text that they were made from, so that nothing stale is ever run. Without a place to write, or with a
 * file that is damaged or of another Node, everything is compiled again.
 */

const { createHash } = require('node:crypto');
const { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } = require('node:fs');
const Module = require('node:module');
const { basename, dirname, join, sep } = require('node:path');
const v8 = require('node:v8');
const vm = require('node:vm');

/** Beside the packages, so that it goes with them. */
const folder = join(dirname(__dirname), 'node_modules', '.cache', 'aipi-mqtt');
/** Each program has a file of its own: it is read as a whole. */
const program = [basename(dirname(process.argv[1] ?? '')), basename(process.argv[1] ?? 'eval')].join('-');
const file = join(folder, `${program}-${process.version}-${process.arch}`);
/** Beyond this a file keeps what the last run used; a program and its packages come to four million. */
const mostBytes = 8_000_000;

/**
 * Pulumi's program allows itself the syntax of V8's own functions as soon as it runs, and V8 refuses what was kept with
 * other options than those in force: so it has them from its beginning to its end, and every other program never.
 */
const isPulumi = program === 'cmd-run';
const options = isPulumi ? '--allow-natives-syntax' : '--no-allow-natives-syntax';
if (isPulumi) v8.setFlagsFromString(options);

// A command says what it leaves out; what any other program prints may stand in the state.
if (program !== 'commands-start.mjs') delete process.env.DEBUG;

/** What every Node that this project runs on knows by itself stays as it is written: it is several times as fast. */
const form = { transforms: ['imports', 'typescript'], disableESTransforms: true };

const kept = read();
/** Keys of what this run has found there. */
const used = new Set();
const scripts = new Map();
const texts = new Map();

require.extensions['.ts'] = (module, filename) => {
  const source = readFileSync(filename, 'utf8');
  const key = `text ${digestOf(source)} ${JSON.stringify(form)}`;
  let text = texts.get(key) ?? find(key)?.toString();
  if (text === undefined) {
    text = require('sucrase').transform(source, { ...form, filePath: filename }).code;
    texts.set(key, text);
  }
  module._compile(text, filename);
};

const { USE_MAIN_CONTEXT_DEFAULT_LOADER: importModuleDynamically } = vm.constants ?? {};
const compile = Module.prototype._compile;
const [before, after] = Module.wrapper;

// Node knows this by itself from version 22 on, file by file; older ones do not.
if (importModuleDynamically !== undefined) {
  Module.prototype._compile = function (content, filename, ...others) {
    const key = `code ${isPackage(filename) ? '' : filename} ${digestOf(content)}`;
    const script = scriptOf(content, filename, find(key));
    // An ES module, or an error that Node has its own words for.
    if (script === undefined) return compile.call(this, content, filename, ...others);
    if (script.cachedDataRejected !== false) scripts.set(key, script);
    const run = script.runInThisContext();
    return run.call(this.exports, this.exports, requireOf(this), this, filename, dirname(filename));
  };
}

/**
 * What packages load at their start, though nothing here asks for it, or seldom. For Pulumi's own that is a compiler and
 * a package manager for functions that run in the cloud, and traces that name lines of the TypeScript which that package
 * was made from; for the client of the Docker engine it is SSH, and a protocol for building images. They are two thirds
 * of what a program takes to start, half of what one without Pulumi takes. Each is loaded as soon as it is used.
 */
const unused = [
  { by: /[\\/]@pulumi[\\/]pulumi[\\/]/, requests: ['typescript', '@npmcli/arborist', 'source-map-support/register'] },
  { by: /[\\/]docker-modem[\\/]lib[\\/]modem\.js$/, requests: ['./ssh'] },
  { by: /[\\/]dockerode[\\/]lib[\\/]docker\.js$/, requests: ['./session'] },
];
const load = Module._load;

Module._load = function (request, parent, isMain) {
  const isUnused = unused.some(({ by, requests }) => requests.includes(request) && by.test(parent?.filename ?? ''));
  if (!isUnused) return load.call(this, request, parent, isMain);
  // Where it is not there, that is said at once.
  Module._resolveFilename(request, parent, false);
  const loaded = () => load.call(this, request, parent, false);
  return new Proxy(() => {}, {
    get: (_, name) => name === '__esModule' || loaded()[name],
    apply: (_, self, values) => Reflect.apply(loaded(), self, values),
  });
};

process.on('exit', () => {
  if (scripts.size === 0 && texts.size === 0) return;
  v8.setFlagsFromString(options);
  const made = [...scripts].map(([key, script]) => [key, script.createCachedData()]);
  const transformed = [...texts].map(([key, text]) => [key, Buffer.from(text)]);
  const all = new Map([...kept, ...made, ...transformed]);
  const bytes = [...all.values()].reduce((sum, { length }) => sum + length, 0);
  const fresh = [...kept].filter(([key]) => used.has(key));
  write(bytes > mostBytes ? new Map([...fresh, ...made, ...transformed]) : all);
});

function find(key) {
  used.add(key);
  return kept.get(key);
}

/** Code keeps the name of the file that it was made from, which matters for files of which there may be copies. */
function isPackage(filename) {
  return filename.includes(`${sep}node_modules${sep}`);
}

function scriptOf(content, filename, cachedData) {
  const columnOffset = -before.length;
  const text = before + content.replace(/^#!.*/, '') + after;
  try {
    return new vm.Script(text, { filename, columnOffset, cachedData, importModuleDynamically });
  } catch {
    return undefined;
  }
}

/** What a module calls `require`, as Node makes it. */
function requireOf(module) {
  const own = (name) => module.require(name);
  own.resolve = (name, options) => Module._resolveFilename(name, module, false, options);
  own.resolve.paths = (name) => Module._resolveLookupPaths(name, module);
  own.main = process.mainModule;
  own.extensions = Module._extensions;
  own.cache = Module._cache;
  return own;
}

function digestOf(data) {
  return createHash('sha1').update(data).digest('base64');
}

/** Digest of what follows, length of the list, the list of key and length of each piece, the pieces. */
function read() {
  const pieces = new Map();
  try {
    const data = readFileSync(file);
    if (digestOf(data.subarray(28)) !== data.toString('latin1', 0, 28)) return pieces;
    let at = 32 + data.readUInt32LE(28);
    for (const [key, length] of JSON.parse(data.toString('utf8', 32, at))) {
      pieces.set(key, data.subarray(at, at + length));
      at += length;
    }
  } catch {
    // There is none yet.
  }
  return pieces;
}

function write(pieces) {
  const unfinished = `${file}.${process.pid}`;
  try {
    const list = Buffer.from(JSON.stringify([...pieces].map(([key, { length }]) => [key, length])));
    const size = Buffer.alloc(4);
    size.writeUInt32LE(list.length);
    const data = Buffer.concat([size, list, ...pieces.values()]);
    mkdirSync(folder, { recursive: true });
    writeFileSync(unfinished, Buffer.concat([Buffer.from(digestOf(data)), data]));
    renameSync(unfinished, file);
  } catch {
    rmSync(unfinished, { force: true });
  }
}
