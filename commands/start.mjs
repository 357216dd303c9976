/**
 * Entry of every npm script. It needs nothing but Node: it installs this project's packages where they are missing or
 * of another lock file, and goes on in main.ts.
 */

import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const stamp = join(root, 'node_modules', '.aipi-mqtt-lock');
const turn = join(root, 'node_modules.turn');
const lock = createHash('sha256')
  .update(readFileSync(join(root, 'package-lock.json')))
  .digest('hex');

// Node has read it already, and nothing takes it back.
if (process.env.NODE_DEBUG) {
  process.stderr.write(
    'NODE_DEBUG is set: Node would print passphrases of the environment; unset it, and run it again\n',
  );
  process.exit(1);
}

if (!isInstalled()) {
  waitForTurn();
  try {
    if (!isInstalled()) install();
  } finally {
    rmSync(turn, { force: true });
  }
}

const require = createRequire(import.meta.url);
require('../setup/typescript.cjs');
require('./main.ts');

/** A link leads to packages that belong to another folder; they are that folder's to install. */
function isInstalled() {
  if (lstatSync(join(root, 'node_modules'), { throwIfNoEntry: false })?.isSymbolicLink()) return true;
  return existsSync(stamp) && readFileSync(stamp, 'utf8') === lock;
}

function install() {
  process.stderr.write('Installing the packages of this project (npm ci)\n');
  const args = ['ci', '--no-audit', '--no-fund', '--loglevel=error'];
  const { status } = spawnSync('npm', args, { cwd: root, stdio: ['ignore', 2, 2] });
  if (status !== 0) throw new Error('npm ci failed; its words are above');
  writeFileSync(stamp, lock);
}

/** Two installations at once would delete each other's files. */
function waitForTurn() {
  for (;;) {
    try {
      writeFileSync(turn, String(process.pid), { flag: 'wx' });
      return;
    } catch {
      if (!isTaken()) rmSync(turn, { force: true });
      else Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
    }
  }
}

/** By a process that runs and has run since it took the turn; another one may have got its number meanwhile. */
function isTaken() {
  try {
    const pid = Number(readFileSync(turn, 'utf8'));
    const { mtimeMs } = statSync(turn);
    // It is empty for a moment before its number stands in it.
    return pid === 0 ? Date.now() - mtimeMs < 10_000 : isAlive(pid) && !(beginningOf(pid) - 2_000 > mtimeMs);
  } catch {
    return false;
  }
}

function isAlive(pid) {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error.code === 'EPERM';
  }
}

/** As in setup/processes.ts, which cannot be read before there are packages. NaN where the kernel does not tell. */
function beginningOf(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const ticks = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19]);
    return Number(readFileSync('/proc/stat', 'latin1').match(/^btime (\d+)$/m)?.[1]) * 1_000 + ticks * 10;
  } catch {
    return Number.NaN;
  }
}
