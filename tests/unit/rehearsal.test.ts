import { spawnSync } from 'node:child_process';
import {
  existsSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { extract, type Header } from 'tar-stream';
import { allows, parseAcl } from '../../mosquitto/acl';
import { fileNames } from '../../mosquitto/files';
import { ownerFile } from '../../mosquitto/owner';
import { witnessUsername } from '../../mosquitto/witness';
import { archive, type Folder, ordersAt, swapScript } from '../../operate/rehearsal';
import { rehearsalFolders } from '../../operate/rehearsedAccess';

const acl = `user ${witnessUsername}\ntopic readwrite aipi-verify/marker\n\nuser pi\ntopic read device/control\n`;

describe('rehearsalFolders', () => {
  const files = { [fileNames.acl]: acl, [fileNames.passwords]: 'p' };
  const [own, witnessed] = rehearsalFolders('name', files) as [Folder, Folder];

  it('begin with the files as they will be delivered', () => {
    expect(own).toEqual({ folder: 'name', files });
  });

  it('differ in the witness alone, who sees everything', () => {
    expect(witnessed.folder).not.toBe('name');
    expect({ ...witnessed.files, [fileNames.acl]: acl }).toEqual(files);
    const users = parseAcl(witnessed.files[fileNames.acl] ?? '').users;
    const may = (name: string, topic: string) =>
      users.some(({ username, rules }) => username === name && allows(rules, 'read', topic));
    expect(may(witnessUsername, 'any/topic')).toBe(true);
    expect(may('pi', 'any/topic')).toBe(false);
    expect(may('pi', 'device/control')).toBe(true);
  });
});

describe('archive', () => {
  const folders: Folder[] = [
    { folder: 'first', files: { a: 'same', b: 'one' } },
    { folder: 'second', files: { a: 'same', b: 'two', c: 'new' } },
  ];

  async function entriesOf(given: readonly Folder[]): Promise<Array<{ header: Header; content: string }>> {
    const reader = extract();
    reader.end(await archive(given));
    const entries: Array<{ header: Header; content: string }> = [];
    for await (const entry of reader) entries.push({ header: entry.header, content: await text(entry) });
    return entries;
  }

  it('holds each folder, and what is the same once', async () => {
    const entries = await entriesOf(folders);
    const told = entries.map(
      ({ header: { name, type, linkname }, content }) => `${type} ${name} ${linkname ?? content}`,
    );
    expect(told).toEqual([
      'directory deployed/ ',
      'directory deployed/first/ ',
      'file deployed/first/a same',
      'file deployed/first/b one',
      'directory deployed/second/ ',
      'link deployed/second/a deployed/first/a',
      'file deployed/second/b two',
      'file deployed/second/c new',
      'symlink deployed/rehearsed first',
    ]);
  });

  it("makes everything the broker's alone, at the time zero", async () => {
    for (const { header } of await entriesOf(folders)) {
      expect(header).toMatchObject({ uid: 1883, gid: 1883, mtime: new Date(0) });
      if (header.type === 'file') expect(header.mode).toBe(0o600);
      if (header.type === 'directory') expect(header.mode).toBe(0o700);
    }
  });
});

/** The shell of the image has the same words as that of Linux; others do not know all of them. */
const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('swap', () => {
  let place: string;
  beforeEach(() => {
    place = mkdtempSync(join(tmpdir(), 'aipi-mqtt-swap-'));
    for (const folder of ['older', 'proved', 'before', 'next-one']) {
      mkdirSync(join(place, folder));
      writeFileSync(join(place, folder, 'file'), folder);
    }
    symlinkSync('before', join(place, 'current'));
    symlinkSync('next-one', join(place, 'rehearsed'));
  });
  afterEach(() => rmSync(place, { recursive: true }));

  function carryOut(name: 'swap' | 'finish', ...words: string[]): void {
    const scripts = { swap: swapScript(place), finish: ordersAt(place).finish.join('\n') };
    const { status, stderr } = spawnSync('sh', ['-ec', scripts[name], 'sh', ...words]);
    expect(stderr.toString()).toBe('');
    expect(status).toBe(0);
  }
  const left = () => readdirSync(place).sort();

  it('turns the link, keeps what was proved and what was read, and takes everything else away', () => {
    carryOut('swap', 'next-one', 'proved');
    expect(readlinkSync(join(place, 'current'))).toBe('next-one');
    expect(left()).toEqual(['before', 'current', 'next-one', 'proved', 'unfinished']);
  });

  it('leaves the record of whose the broker is', () => {
    writeFileSync(join(place, ownerFile), '');
    carryOut('swap', 'next-one', 'proved');
    expect(left()).toContain(ownerFile);
  });

  it('marks by the folder that was proved last, until it has come to its end', () => {
    carryOut('swap', 'next-one', 'proved');
    expect(readFileSync(join(place, 'unfinished'), 'utf8')).toBe('proved\n');
    carryOut('finish');
    expect(existsSync(join(place, 'unfinished'))).toBe(false);
    expect(left()).toEqual(['before', 'current', 'next-one', 'proved']);
  });

  it('sets the link to the time zero, which tells it from one that is set by hand', () => {
    carryOut('swap', 'next-one', 'proved');
    expect(lstatSync(join(place, 'current')).mtimeMs).toBe(0);
  });

  it('is the first of all', () => {
    rmSync(join(place, 'current'));
    carryOut('swap', 'next-one');
    expect(left()).toEqual(['current', 'next-one', 'unfinished']);
    expect(readFileSync(join(place, 'unfinished'), 'utf8')).toBe('\n');
  });

  it('goes back and takes away what did not hold only with the next one', () => {
    carryOut('swap', 'next-one', 'before');
    carryOut('swap', 'before', 'before');
    expect(readlinkSync(join(place, 'current'))).toBe('before');
    expect(left()).toEqual(['before', 'current', 'next-one', 'unfinished']);
    carryOut('swap', 'before', 'before');
    expect(left()).toEqual(['before', 'current', 'unfinished']);
  });

  it('takes nothing away where it is the same folder again', () => {
    carryOut('swap', 'before', 'proved');
    expect(left()).toEqual(['before', 'current', 'proved', 'unfinished']);
    expect(readFileSync(join(place, 'before', 'file'), 'utf8')).toBe('before');
  });
});
