/**
 * Program: neighbours of a machine, in the network namespace that it is started in.
 *
 * It says `{ pid }` in a line, is told `{ setup, connections, departures, milliseconds }` in a line of standard input
 * (`setup`: batches for `ip`), and says `{ answers }` or `{ problem }`. When standard input closes the caller is gone, however that
 * came: it ends, and what is in its namespace with it.
 *
 * With departures as JSON in its first argument it makes these connections from where it is, and says the answers.
 */

import { spawn } from 'node:child_process';
import { readdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { createInterface } from 'node:readline';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

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
    const socket = connect({ host: to, port, ...(from !== undefined && { localAddress: from, localPort }) });
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

function listen({ to, port }) {
  return new Promise((resolve, reject) => {
    createServer((socket) => socket.on('error', () => {}))
      .once('error', reject)
      .listen({ host: to, port }, resolve);
  });
}

/** All of one namespace at once. */
async function answersFrom(departures, milliseconds) {
  if (departures.length === 0) return [];
  await Promise.all(departures.filter(({ isNeighbour }) => isNeighbour).map(listen));
  const order = JSON.stringify({ departures, milliseconds });
  const words = [
    `--net=/proc/${departures[0].of}/ns/net`,
    '--',
    process.execPath,
    fileURLToPath(import.meta.url),
    order,
  ];
  const child = spawn('nsenter', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise((_, reject) => child.once('error', reject));
  const [out, err] = await Promise.race([Promise.all([text(child.stdout), text(child.stderr)]), gone]);
  if (out === '') throw new Error(`nsenter: ${err.trim().split('\n')[0]}`);
  return JSON.parse(out);
}

async function depart({ departures, milliseconds }) {
  say(await Promise.all(departures.map(({ to, port }) => answerTo({ to, port }, milliseconds))));
}

async function play({ setup, connections, departures, milliseconds }) {
  try {
    await Promise.all(setup.map(setUp));
    acceptEverySource();
    const all = [
      ...connections.map((connection) => answerTo(connection, milliseconds)),
      answersFrom(departures, milliseconds),
    ];
    say({ answers: (await Promise.all(all)).flat() });
  } catch (error) {
    say({ problem: error.message });
  }
}

const [order] = process.argv.slice(2);
if (order !== undefined) {
  await depart(JSON.parse(order));
} else {
  const orders = createInterface({ input: process.stdin });
  orders.once('line', (line) => play(JSON.parse(line)));
  orders.once('close', () => process.exit(0));
  say({ pid: process.pid });
}
