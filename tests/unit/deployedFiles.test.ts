/** Archives as an engine gives them, from a container that is no more than these. */

import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import type Docker from 'dockerode';
import { type Header, pack } from 'tar-stream';
import { type BrokerFiles, folderName } from '../../mosquitto/files';
import { type DeployedFiles, deployedFile, deployedFiles, deployedPlace, folderFiles } from '../../operate/deployed';
import { provedFiles } from '../../operate/wayBack/files';

type Entry = Partial<Header> & { name: string } & { content?: string };

const own = { uid: 1883, gid: 1883, mode: 0o600, mtime: new Date(0) };
const entry = (name: string, content: string, more: Partial<Header> = {}): Entry => ({
  ...own,
  name,
  content,
  ...more,
});
const entriesOf = (files: BrokerFiles) => Object.entries(files).map(([name, content]) => entry(name, content));

interface Link {
  linkTarget: string;
  mtime: string;
}

/** @param asked counts what is asked for, by path */
function containerOf(
  archives: Record<string, Entry[]>,
  links: Record<string, Link> = {},
  asked: string[] = [],
): Docker.Container {
  const missing = (path: string) => Object.assign(new Error(`no ${path}`), { statusCode: 404 });
  return {
    getArchive: async ({ path }: { path: string }) => {
      asked.push(path);
      const entries = archives[path];
      if (entries === undefined) throw missing(path);
      const tar = pack();
      for (const { content, ...header } of entries) tar.entry(header, content ?? '');
      tar.finalize();
      return Readable.from([await buffer(tar)]);
    },
    infoArchive: async ({ path }: { path: string }) => {
      if (links[path] === undefined) throw missing(path);
      const stat = Buffer.from(JSON.stringify(links[path])).toString('base64');
      return Object.assign(Readable.from([]), { headers: { 'x-docker-container-path-stat': stat } });
    },
  } as unknown as Docker.Container;
}

const current = `${deployedPlace}/current`;
const zero = '1970-01-01T00:00:00Z';

describe('deployedFiles', () => {
  it('are the files that the link leads to', async () => {
    const container = containerOf(
      { [`${current}/.`]: [{ ...own, name: './', type: 'directory' }, entry('./acl', 'a'), entry('./passwords', 'p')] },
      { [current]: { linkTarget: `${deployedPlace}/0123`, mtime: zero } },
    );
    expect(await deployedFiles(container)).toEqual({
      folder: '0123',
      files: { acl: 'a', passwords: 'p' },
      rewritten: [],
      exposed: [],
      linkedAt: undefined,
      unfinished: undefined,
    });
  });

  it('tells what somebody has written or laid open since', async () => {
    const container = containerOf({
      [`${current}/.`]: [
        entry('acl', 'a', { mtime: new Date(1_000) }),
        entry('passwords', 'p', { mode: 0o644 }),
        entry('a.key', 'k', { uid: 0 }),
        entry('b.key', 'k', { gid: 0 }),
        entry('c.key', 'k'),
      ],
    });
    const { rewritten, exposed } = await deployedFiles(container);
    expect({ rewritten, exposed }).toEqual({ rewritten: ['acl'], exposed: ['passwords', 'a.key', 'b.key'] });
  });

  it('tells who has set the link elsewhere, and when', async () => {
    const link = { linkTarget: '/elsewhere', mtime: '2026-01-01T00:00:00Z' };
    const { folder, linkedAt } = await deployedFiles(containerOf({}, { [current]: link }));
    expect({ folder, linkedAt }).toEqual({ folder: '/elsewhere', linkedAt: Date.parse(link.mtime) });
  });

  it('tells of a delivery that has not come to its end', async () => {
    const mark = (content: string) => containerOf({ [`${deployedPlace}/unfinished`]: [entry('unfinished', content)] });
    expect((await deployedFiles(mark('0123\n'))).unfinished).toBe('0123');
    expect((await deployedFiles(mark('\n'))).unfinished).toBe('');
  });

  it('are none where nothing is deployed', async () => {
    expect(await deployedFiles(containerOf({}))).toEqual({ files: {}, rewritten: [], exposed: [] });
    expect(await deployedFile(containerOf({}), 'acl')).toBeUndefined();
  });

  it('fail as the engine fails', async () => {
    const broken = {
      getArchive: () => Promise.reject(Object.assign(new Error('broken'), { statusCode: 500 })),
    } as unknown as Docker.Container;
    await expect(folderFiles(broken, current)).rejects.toThrow('broken');
  });

  it('are not read further than to the file that is asked for', async () => {
    const tar = pack();
    tar.entry({ ...own, name: 'acl' }, 'a'.repeat(100_000));
    tar.entry({ ...own, name: 'more' }, 'b'.repeat(1_000_000));
    tar.finalize();
    const whole = await buffer(tar);
    let closed: () => void = () => {};
    const isClosed = new Promise<void>((resolve) => {
      closed = resolve;
    });
    const stream = new Readable({
      read(size) {
        const at = (this as Readable & { at?: number }).at ?? 0;
        this.push(at < whole.length ? whole.subarray(at, at + size) : null);
        Object.assign(this, { at: at + size });
      },
    }).once('close', closed);
    const container = { getArchive: async () => stream } as unknown as Docker.Container;
    expect(await deployedFile(container, 'acl')).toBe('a'.repeat(100_000));
    await isClosed;
  });

  it.each([0, 700])('fail where the engine goes away after %d bytes', async (length) => {
    const tar = pack();
    tar.entry({ ...own, name: 'acl' }, 'a'.repeat(10_000));
    tar.finalize();
    const whole = await buffer(tar);
    const cut = new Readable({ read: () => {} });
    cut.push(whole.subarray(0, length));
    setImmediate(() => cut.destroy());
    const broken = { getArchive: async () => cut } as unknown as Docker.Container;
    await expect(folderFiles(broken, current)).rejects.toThrow();
  });
});

describe('provedFiles', () => {
  const [now, before] = [{ acl: 'now' }, { acl: 'before' }];
  const [folder, earlier] = [folderName(now), folderName(before)];
  const deployed: DeployedFiles = {
    folder,
    files: now,
    rewritten: [],
    exposed: [],
    linkedAt: undefined,
    unfinished: undefined,
  };
  const place = '/place';
  const volume = { [`${place}/${earlier}/.`]: entriesOf(before) };

  it('are those that lie there, where the delivery has come to its end', async () => {
    const asked: string[] = [];
    expect(await provedFiles(containerOf(volume, {}, asked), place, deployed)).toEqual({ folder, files: now });
    expect(asked).toEqual([]);
  });

  it('are those that the mark names, where it has not', async () => {
    expect(await provedFiles(containerOf(volume), place, { ...deployed, unfinished: earlier })).toEqual({
      folder: earlier,
      files: before,
    });
    expect(await provedFiles(containerOf(volume), place, { ...deployed, unfinished: folder })).toEqual({
      folder,
      files: now,
    });
  });

  it('are none where somebody has changed them', async () => {
    expect(await provedFiles(containerOf({}), place, { ...deployed, files: { acl: 'changed' } })).toBeUndefined();
    const changed = { [`${place}/${earlier}/.`]: entriesOf({ acl: 'changed' }) };
    expect(await provedFiles(containerOf(changed), place, { ...deployed, unfinished: earlier })).toBeUndefined();
  });

  it('are none where the folder is gone, or no delivery was ever proved', async () => {
    expect(await provedFiles(containerOf({}), place, { ...deployed, unfinished: earlier })).toBeUndefined();
    expect(await provedFiles(containerOf(volume), place, { ...deployed, unfinished: '' })).toBeUndefined();
    expect(await provedFiles(containerOf({}), place, { ...deployed, folder: undefined, files: {} })).toBeUndefined();
  });
});
