/**
 * Program: neighbours of a machine, in the network namespace that it is started in.
 *
 * It says `{ pid }` in a line, is told `{ setup, connections, milliseconds }` in a line of standard input (`setup`:
 * batches for `ip`), and says `{ answers }` or `{ problem }`. When standard input closes the caller is gone, however that
 * came: it ends, and what is in its namespace with it.
 */

import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

/** What a firewall that rejects may send instead of RST comes as another code. */
const refusals = ['ECONNREFUSED', 'EHOSTUNREACH', 'EACCES', 'ECONNRESET'];

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function setUp({ option, batch }) {
  return new Promise((resolve, reject) => {
    const ip = spawn('ip', [option, '-batch', '-'], { stdio: ['pipe', 'ignore', 'pipe'] });
    let words = '';
    ip.stderr.on('data', (data) => {
      words += data;
    });
    ip.stdin.on('error', () => {});
    ip.once('error', reject);
    ip.once('close', (code) => (code === 0 ? resolve() : reject(new Error(`ip: ${words.trim().split('\n')[0]}`))));
    ip.stdin.end(batch);
  });
}

/** Answers come by a route for the ports of these connections alone, which a strict filter does not look at. */
function acceptEverySource() {
  const folder = '/proc/sys/net/ipv4/conf';
  for (const link of readdirSync(folder)) {
    try {
      writeFileSync(`${folder}/${link}/rp_filter`, '0');
    } catch {
      // A container may not write here; there the default, which is no filter, is most likely kept.
    }
  }
}

function answerTo({ from, localPort, to, port }, milliseconds) {
  return new Promise((resolve, reject) => {
    const socket = connect({ host: to, port, localAddress: from, localPort });
    const settle = (done, value) => {
      clearTimeout(timer);
      socket.destroy();
      done(value);
    };
    // What has come while this process was kept from running counts.
    const timer = setTimeout(() => setImmediate(settle, resolve, 'silent'), milliseconds);
    socket.once('connect', () => settle(resolve, 'answered'));
    socket.on('error', (error) => {
      if (error.code === 'ETIMEDOUT') settle(resolve, 'silent');
      else if (refusals.includes(error.code)) settle(resolve, 'refused');
      else settle(reject, error);
    });
  });
}

async function play({ setup, connections, milliseconds }) {
  try {
    await Promise.all(setup.map(setUp));
    acceptEverySource();
    say({ answers: await Promise.all(connections.map((connection) => answerTo(connection, milliseconds))) });
  } catch (error) {
    say({ problem: error.message });
  }
}

const orders = createInterface({ input: process.stdin });
orders.once('line', (line) => play(JSON.parse(line)));
orders.once('close', () => process.exit(0));
say({ pid: process.pid });
