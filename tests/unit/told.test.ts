/** Over a real socket, with both of its ends. */

import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import * as pulumi from '@pulumi/pulumi';
import { told } from '../../commands/stack/told';
import { handOver } from '../../components/handOver';

const variable = 'AIPI_OUTPUTS_SOCKET';

/** Writes, and ends or breaks off. */
function say(path: string, words: string, isBrokenOff = false): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = connect(path, () => {
      socket.write(words, () => {
        if (isBrokenOff) socket.destroy();
        else socket.end();
      });
    });
    socket.once('close', () => resolve()).once('error', reject);
  });
}

let place = '';

beforeAll(() => {
  place = mkdtempSync(join(tmpdir(), 'aipi-mqtt-told-'));
});

afterAll(() => rmSync(place, { recursive: true }));

const toldBy = (work: (path: string) => Promise<unknown>) => told(place, (added) => work(added[variable] ?? ''));

describe('told', () => {
  it('takes away what a killed run has left, and not what one that runs has', async () => {
    const { pid = 0 } = spawnSync(process.execPath, ['-e', '0']);
    const [dead, alive] = [join(place, `told-${pid}-abcdef`), join(place, `told-${process.ppid}-abcdef`)];
    for (const each of [dead, alive]) mkdirSync(each);
    await toldBy(async () => {});
    expect([existsSync(dead), existsSync(alive)]).toEqual([false, true]);
    rmSync(alive, { recursive: true });
  });

  it('hands it on as soon as it is said', async () => {
    const heard: unknown[] = [];
    await told(
      place,
      async (added) => {
        await say(added[variable] ?? '', '{"port":1883}');
        while (heard.length === 0) await new Promise(setImmediate);
      },
      (outputs) => heard.push(outputs),
    );
    expect(heard).toEqual([{ port: 1883 }]);
  });

  it('puts parts together, and hands on all that is told with each', async () => {
    const heard: unknown[] = [];
    const parts = async (added: Record<string, string>) => {
      await say(added[variable] ?? '', '{"port":1883}');
      while (heard.length === 0) await new Promise(setImmediate);
      await say(added[variable] ?? '', '{"host":"pi"}');
    };
    expect(await told(place, parts, (outputs) => heard.push(outputs))).toEqual({ port: 1883, host: 'pi' });
    expect(heard).toEqual([{ port: 1883 }, { port: 1883, host: 'pi' }]);
  });

  it('is told nothing where one part of two is broken off', async () => {
    const parts = async (path: string) => {
      await say(path, '{"port":1883}');
      await say(path, '{"host":', true);
    };
    expect(await toldBy(parts)).toBeUndefined();
  });

  it('hands on what was said', async () => {
    expect(await toldBy((path) => say(path, '{"port":1883}'))).toEqual({ port: 1883 });
  });

  it('puts the pieces together, also those of a letter', async () => {
    const large = { text: 'ä→'.repeat(300_000) };
    expect(await toldBy((path) => say(path, JSON.stringify(large)))).toEqual(large);
  });

  it('waits for whoever still speaks when the work has ended', async () => {
    let speaking: Promise<void> = Promise.resolve();
    const outputs = await toldBy(async (path) => {
      const socket = connect(path);
      await new Promise((resolve) => socket.once('connect', resolve));
      socket.write('{"a":');
      speaking = new Promise((resolve) => setTimeout(() => socket.end('1}', resolve), 20));
    });
    expect(outputs).toEqual({ a: 1 });
    await speaking;
  });

  it.each([
    ['nothing', ''],
    ['half of it', '{"port":18'],
    ['all but the end', '{"port":{"a":1}'],
    ['two answers', '{"port":1883}{"port":1884}'],
  ])('is told nothing by %s', async (_, words) => {
    expect(await toldBy((path) => say(path, words))).toBeUndefined();
  });

  it('is told nothing by half of it that is broken off, or by nobody', async () => {
    expect(await toldBy((path) => say(path, '{"port":', true))).toBeUndefined();
    expect(await toldBy(async () => {})).toBeUndefined();
  });

  it("is its owner's alone, and gone afterwards", async () => {
    let folder = '';
    await toldBy(async (path) => {
      folder = dirname(path);
      expect(statSync(folder).mode & 0o777).toBe(0o700);
    });
    expect(folder).not.toBe('');
    expect(existsSync(folder)).toBe(false);
  });

  it('fails as the work fails, and is gone then, too', async () => {
    let folder = '';
    const failed = toldBy(async (path) => {
      folder = dirname(path);
      throw new Error('the engine has failed');
    });
    await expect(failed).rejects.toThrow('the engine has failed');
    expect(existsSync(folder)).toBe(false);
  });
});

describe('handOver', () => {
  const mocks = { call: async () => ({}), newResource: async () => ({ id: '', state: {} }) };
  let folder: string;
  let server: Server;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-told-'));
    server = createServer();
    await new Promise<void>((done) => server.listen(join(folder, 'outputs'), done));
    process.env[variable] = join(folder, 'outputs');
  });
  afterEach(async () => {
    delete process.env[variable];
    await new Promise((done) => server.close(done));
    rmSync(folder, { recursive: true });
  });

  const run = (outputs: Record<string, pulumi.Input<unknown>>, isPreview: boolean) =>
    pulumi.runtime.setMocks(mocks, 'p', 'dev', isPreview).then(() => handOver(outputs));
  const moments = async () => {
    for (let count = 0; count < 20; count += 1) await new Promise(setImmediate);
  };

  it('tells what is known, secrets too', async () => {
    const said = once(server, 'connection').then(([socket]) => text(socket));
    await run({ port: 1883, secret: pulumi.secret({ password: 'p' }), nested: [pulumi.output('a')] }, false);
    expect(JSON.parse(await said)).toEqual({ port: 1883, secret: { password: 'p' }, nested: ['a'] });
  });

  it('tells nothing in a preview, or where nobody asks', async () => {
    let count = 0;
    server.on('connection', (socket) => {
      socket.resume();
      count += 1;
    });
    await run({ port: 1883 }, true);
    delete process.env[variable];
    await run({ port: 1883 }, false);
    await moments();
    expect(count).toBe(0);
  });

  it('bears that nobody listens', async () => {
    process.env[variable] = join(folder, 'another');
    await run({ port: 1883 }, false);
    await moments();
  });
});
