/**
 * Ids that some file systems take for one name, on a stand-in for such a file system: below `folding` no name differs in
 * capitals or in dots at its end, as on that of macOS, and on FAT as Linux, Windows and cards have it.
 */

import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { folded } from '../../commands/bundleNames';
import { provisionAccount, provisionDevices, writeBundles } from '../../commands/bundles';
import type { Enrolment } from '../../fleet/enrolment';

jest.mock('node:fs', () => {
  const real = jest.requireActual('node:fs');
  const mark = '/folding/';
  const fold = (path: unknown) => {
    if (typeof path !== 'string' || !path.includes(mark)) return path;
    const at = path.indexOf(mark) + mark.length;
    const parts = path.slice(at).split('/');
    return path.slice(0, at) + parts.map((part) => part.toLowerCase().replace(/[. ]+$/, '')).join('/');
  };
  const one = ['lstatSync', 'statSync', 'readdirSync', 'readFileSync', 'writeFileSync', 'rmSync', 'realpathSync'];
  const wrapped = one.map((name) => [name, (path: unknown, ...rest: unknown[]) => real[name](fold(path), ...rest)]);
  return {
    ...real,
    ...Object.fromEntries(wrapped),
    mkdirSync: (path: string, ...rest: unknown[]) => {
      const name = String(fold(path)).split('/').at(-1) ?? '';
      if (path.includes(mark) && /^con(\..*)?$/.test(name)) {
        throw Object.assign(new Error('EINVAL: invalid argument'), { code: 'EINVAL' });
      }
      return real.mkdirSync(fold(path), ...rest);
    },
    renameSync: (from: string, to: string) => real.renameSync(fold(from), fold(to)),
  };
});

const enrolment: Enrolment = {
  host: '127.0.0.1',
  port: 1884,
  tls: false,
  certificateAuthority: '',
  rootSecret: Buffer.alloc(32, 1).toString('base64'),
  roles: [{ name: 'device', rules: [{ access: 'write', topic: 'device/{id}/status' }] }],
  clientCertificates: null,
};
let scratch: string;
let folding: string;

beforeEach(() => {
  scratch = mkdtempSync(join(tmpdir(), 'aipi-folded-'));
  folding = join(scratch, 'folding', 'out');
  jest.spyOn(process.stderr, 'write').mockReturnValue(true);
});

afterEach(() => {
  jest.restoreAllMocks();
  rmSync(scratch, { recursive: true });
});

function devices(...ids: string[]) {
  return ids.map((id) => ({ id, generation: 1, role: 'device', metadata: {} }));
}

function owner(bundle: string): string {
  return JSON.parse(readFileSync(join(bundle, 'boot', 'aipi', 'device.json'), 'utf8')).client_id;
}

test.each([
  [['PI-01', 'pi-02', 'pi-01'], 'takes "PI-01" and "pi-01" for one name'],
  [['pi-01', 'pi-01.'], 'takes "pi-01" and "pi-01." for one name'],
  [['pi', 'Pi..', 'b', 'B'], 'takes "pi" and "Pi.." for one name, takes "b" and "B" for one name'],
  [['pi-01', 'CON'], 'cannot hold the name "CON"'],
])('%j are refused before the first bundle is written', async (ids, says) => {
  await expect(writeBundles(enrolment, devices(...ids), folding)).rejects.toThrow(
    `--out ${folding} is on a file system that ${says}; ` +
      'name a folder on another one, or make these bundles one by one, each into a folder of its own',
  );
  expect(readdirSync(folding)).toEqual([]);
});

test('many of them are counted', async () => {
  const ids = Array.from({ length: 7 }, (_, index) => [`pi-${index}`, `PI-${index}`]).flat();
  await expect(writeBundles(enrolment, devices(...ids), folding)).rejects.toThrow(
    'takes "pi-4" and "PI-4" for one name, and 2 more; name',
  );
});

test('another one that is there already is named, and nothing is written', async () => {
  await writeBundles(enrolment, devices('PI-01'), folding);
  await expect(writeBundles(enrolment, devices('a', 'pi-01'), folding)).rejects.toThrow(
    `${join(folding, 'pi-01')} is the bundle of "PI-01", whose name this file system takes for the same; ` +
      'move it away, or name another --out',
  );
  expect(readdirSync(folding)).toEqual(['pi-01']);
  expect(owner(join(folding, 'pi-01'))).toBe('PI-01');
});

test('a folder that knows the difference takes all of them', async () => {
  const out = join(scratch, 'plain');
  await writeBundles(enrolment, devices('PI-01', 'pi-01', 'pi-01.', 'CON'), out);
  expect(readdirSync(out).sort()).toEqual(['CON', 'PI-01', 'pi-01', 'pi-01.']);
  expect(['PI-01', 'pi-01', 'pi-01.'].map((id) => owner(join(out, id)))).toEqual(['PI-01', 'pi-01', 'pi-01.']);
});

test('something else in the place of the last bundle is seen before the first one is written', async () => {
  const out = join(scratch, 'plain');
  mkdirSync(join(out, 'pi-02'), { recursive: true });
  await expect(writeBundles(enrolment, devices('pi-01', 'pi-02'), out)).rejects.toThrow('is no bundle of pi-02');
  expect(readdirSync(out)).toEqual(['pi-02']);
});

test('as lines for a pipeline they are no files, and are printed', async () => {
  const lines: string[] = [];
  const taken = (chunk: unknown, ...rest: unknown[]) => {
    lines.push(String(chunk));
    (rest.at(-1) as () => void)?.();
    return true;
  };
  jest.spyOn(process.stdout, 'write').mockImplementation(taken as never);
  await provisionDevices(enrolment, devices('PI-01', 'pi-01'), { format: 'json' });
  expect(lines.join('').trim().split('\n')).toHaveLength(2);
});

test('an account does not take the place of another one', async () => {
  const { selfSigned } = jest.requireActual('./selfSigned');
  const { certificate, privateKey } = selfSigned();
  const account = { generation: 1, password: 'p', certificateAuthority: certificate, validityHours: 24 };
  const of = (username: string) => ({ ...account, username, authority: { certificate, privateKey } });
  await provisionAccount(of('AISA'), folding);
  await expect(provisionAccount(of('aisa'), folding)).rejects.toThrow(
    'is the bundle of "AISA", whose name this file system takes for the same; move it away, or name another --out',
  );
});

test('a name in two forms of Unicode is one', () => {
  expect(folded('kuche\u0301')).toBe(folded('KUCH\u00c9'));
  expect(folded('straße')).toBe(folded('STRASSE'));
});
