/**
 * Program: runs the engine in a session of its own, and leaves nothing of it behind.
 *
 * A terminal sends its signals to everybody in it, npm sends them once more, and the engine takes a second one for
 * "at once": here it gets each of them once. Standard input, output and error are the caller's. Descriptor 3 gives what
 * to run, `{ bin, args, folder, environment }` as JSON in a line, and then the signals to pass on, one a line; when it
 * closes the caller is gone, however that came, and the engine is cancelled.
 */

import { spawn } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';

let engine;

/** The title tells the next run that the engine, and with it the lock on the stack, will soon be gone. */
function cancel(signal = 'SIGINT') {
  if (engine === undefined) process.exit(0);
  process.title = 'aipi-mqtt, cancelled';
  engine.kill(signal);
}

function start({ bin, args, folder, environment }) {
  engine = spawn(bin, args, { cwd: folder, env: environment, stdio: 'inherit' });
  engine.once('error', (error) => {
    process.stderr.write(`${error.message}\n`, () => process.exit(1));
  });
  engine.once('exit', (code, signal) => {
    endSession();
    process.exit(code ?? 128 + constants.signals[signal]);
  });
}

const caller = new Socket({ fd: 3 });
createInterface({ input: caller }).on('line', (line) => {
  if (engine === undefined) start(JSON.parse(line));
  else cancel(line);
});
caller.on('error', () => {}).on('close', () => cancel());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => cancel());

/**
 * Ends what an engine that was killed has left: its plug-ins wait for minutes for one that never comes back, and hold
 * what they were told. Only Linux tells which processes are of a session.
 */
function endSession() {
  for (let left = session(); left.length > 0; left = session()) {
    for (const pid of left) kill(pid);
  }
}

function session() {
  try {
    return readdirSync('/proc')
      .map(Number)
      .filter((pid) => pid !== process.pid && isOfSession(pid));
  } catch {
    return [];
  }
}

/** Behind the name, which stands in brackets: state, parent, process group, session. Source: proc(5). */
function isOfSession(pid) {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    const [state, , , leader] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return Number(leader) === process.pid && state !== 'Z' && state !== 'X';
  } catch {
    return false;
  }
}

function kill(pid) {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended by itself.
  }
}
