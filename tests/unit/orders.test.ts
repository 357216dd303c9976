/** The loop runs in a plain `sh` here: what it says of the shell of an image is for integration to show. */

import { type ChildProcess, spawn } from 'node:child_process';
import { Duplex, PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { Orders, orderLoop } from '../../operate/orders';

const loop = orderLoop({
  words: ['for each in "$@"; do echo "<$each>"; done'],
  count: ['echo "$#"'],
  quotes: ['echo "a \\"b\\" c"'],
  fail: ['echo "not this" >&2', 'exit 7'],
  stop: ['false', 'echo unreachable'],
  unset: ['echo "[$1]"'],
  listen: ['cat'],
  end: ['kill "$PPID"'],
});

let shell: ChildProcess;
let orders: Orders;

/** A container as far as orders need one. */
function containerOf({ stdin, stdout }: ChildProcess): Docker.Container {
  if (stdin === null || stdout === null) throw new Error('no streams');
  const stream = Duplex.from({ writable: stdin, readable: stdout });
  const modem = { demuxStream: (from: NodeJS.ReadableStream, to: NodeJS.WritableStream) => from.pipe(to) };
  return { attach: async () => stream, modem } as unknown as Docker.Container;
}

beforeEach(async () => {
  shell = spawn('sh', ['-ec', `read -r go\necho begins\n${loop}`], { stdio: ['pipe', 'pipe', 'ignore'] });
  orders = await Orders.to(containerOf(shell));
  orders.go();
});

afterEach(async () => {
  if (shell.exitCode !== null || shell.signalCode !== null) return;
  const ended = new Promise((resolve) => shell.once('exit', resolve));
  shell.kill();
  await ended;
});

describe('orders', () => {
  it('get their words', async () => {
    expect(await orders.carryOut('words', 'a', 'b-c')).toEqual({ code: 0, output: ' <a> <b-c>' });
    expect(await orders.carryOut('count')).toEqual({ code: 0, output: ' 0' });
  });

  it('answer one after the other, each in one line', async () => {
    const answers = await Promise.all(['1', '2', '3'].map((word) => orders.carryOut('words', word)));
    expect(answers.map(({ output }) => output)).toEqual([' <1>', ' <2>', ' <3>']);
  });

  it('may hold quotes in what they say', async () => {
    expect(await orders.carryOut('quotes')).toEqual({ code: 0, output: ' a "b" c' });
  });

  it('tell how they have failed, and the next one is carried out all the same', async () => {
    expect(await orders.carryOut('fail')).toEqual({ code: 7, output: ' not this' });
    expect(await orders.carryOut('stop')).toEqual({ code: 1, output: '' });
    expect(await orders.carryOut('count', 'a')).toEqual({ code: 0, output: ' 1' });
  });

  it('do not read the orders that follow', async () => {
    const answers = await Promise.all([orders.carryOut('listen'), orders.carryOut('count', 'a')]);
    expect(answers.map(({ output }) => output)).toEqual(['', ' 1']);
  });

  it('do nothing of what was ordered before where nobody knows the name', async () => {
    await orders.carryOut('count', 'a');
    expect(await orders.carryOut('no-such', 'a')).toEqual({ code: 127, output: '' });
  });

  it('say so when nobody is left to carry them out', async () => {
    expect(await orders.carryOut('end')).toEqual({ code: -1, output: 'the container has ended' });
  });
});

describe('said', () => {
  it('waits for words, and finds those that have been said', async () => {
    expect((await orders.said(/beg(.*)/))?.[1]).toBe('ins');
    expect((await orders.said(/beg(.*)/))?.[1]).toBe('ins');
    expect(orders.text).toBe('begins\n');
  });

  it('looks from a place on only', async () => {
    await orders.said(/begins\n/);
    await expect(orders.said(/begins/, { from: orders.text.length, patience: 1 })).rejects.toThrow('timeout');
  });

  it('is undefined once the container has ended without them', async () => {
    shell.kill();
    expect(await orders.said(/never/)).toBeUndefined();
  });
});

it('hears whole lines, where those of both outputs fall into each other', async () => {
  const stream = new PassThrough().resume();
  let outputs: NodeJS.WritableStream[] = [];
  const modem = { demuxStream: (_: unknown, ...both: NodeJS.WritableStream[]) => (outputs = both) };
  const heard = await Orders.to({ attach: async () => stream, modem } as unknown as Docker.Container);
  const [out, error] = outputs;
  out?.write('mosquitto version 2.1');
  error?.write('Info: running mosquitto as user: mosquitto.\n');
  out?.write('.2 running\nthe last');
  expect(await heard.said(/^mosquitto version \S+ running$/m)).not.toBeUndefined();
  stream.end();
  expect(await heard.said(/^never$/m)).toBeUndefined();
  expect(heard.text).toBe('Info: running mosquitto as user: mosquitto.\nmosquitto version 2.1.2 running\nthe last');
});
