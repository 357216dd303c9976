/**
 * Program: visitors of a machine who knock all the time, in the network namespace that it is started in.
 *
 * It says `{ pid }` in a line, is told `{ setup, connections, turns, milliseconds }` in a line of standard input, and says
 * from then on `{ visitor, answer }` for each knock, where `visitor` counts from 0 to below `turns`. Each has many ports to
 * come from: one that was answered is not used again at once. When standard input closes, it ends.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import { createInterface } from 'node:readline';

function say(message) {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

async function setUp({ option, batch }) {
  const ip = spawn('ip', [option, '-batch', '-'], { stdio: ['pipe', 'inherit', 'inherit'] });
  ip.stdin.end(batch);
  const [code] = await once(ip, 'close');
  if (code !== 0) process.exit(1);
}

function knock(visitor, { from, localPort, to, port }, milliseconds) {
  const socket = connect({ host: to, port, localAddress: from, localPort });
  const settle = (answer) => {
    clearTimeout(timer);
    // One that is not connected would go on until it is.
    if (answer === 'answered') socket.resetAndDestroy();
    else socket.destroy();
    say({ visitor, answer });
  };
  const timer = setTimeout(() => setImmediate(settle, 'silent'), milliseconds);
  socket.once('connect', () => settle('answered'));
  socket.on('error', ({ code }) => {
    // A port that the kernel still keeps for the knock before.
    if (code === 'EADDRINUSE' || code === 'EADDRNOTAVAIL') clearTimeout(timer);
    else settle(code === 'ETIMEDOUT' ? 'silent' : 'refused');
  });
}

async function play({ setup, connections, turns, milliseconds }) {
  for (const part of setup) await setUp(part);
  let turn = 0;
  setInterval(() => {
    for (let visitor = 0; visitor < turns; visitor += 1)
      knock(visitor, connections[(turn * turns + visitor) % connections.length], milliseconds);
    turn += 1;
  }, milliseconds / 20);
}

const orders = createInterface({ input: process.stdin });
orders.once('line', (line) => play(JSON.parse(line)));
orders.once('close', () => process.exit(0));
say({ pid: process.pid });
