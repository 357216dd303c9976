import { renderConfiguration } from '../../mosquitto/configuration';
import { releaseOf } from '../../mosquitto/release';
import {
  allowanceIn,
  memoryProblem,
  memoryWords,
  residentBytes,
  spaceIn,
  spaceProblem,
  spaceWords,
} from '../../mosquitto/room';
import { settingsOf } from './rawConfig';

const mebibyte = 1_048_576;
const allowanceOf = (config: Record<string, unknown>) => allowanceIn(renderConfiguration(settingsOf(config)));

describe('allowanceIn', () => {
  it('reads what the product writes', () => {
    expect(allowanceOf({ memoryLimitMebibytes: 64, persistenceFlushPeriodSeconds: 5 })).toEqual({
      database: '/mosquitto/data/mosquitto.sqlite3',
      flushPeriodSeconds: 5,
      memoryBytes: 64 * mebibyte,
    });
  });

  it('reads what Mosquitto 2.0 is given', () => {
    const settings = settingsOf({ persistenceFlushPeriodSeconds: 5 });
    const text = renderConfiguration({ ...settings, release: releaseOf('2.0.11') });
    expect(allowanceIn(text)).toMatchObject({ database: '/mosquitto/data/mosquitto.db', flushPeriodSeconds: 5 });
  });

  it('knows no database where nothing is kept', () => {
    expect(allowanceOf({ persistence: false }).database).toBeUndefined();
  });
});

describe('spaceIn', () => {
  const head = 'Filesystem           1024-blocks    Used Available Capacity Mounted on\n';

  it.each([
    ['tmpfs                     2048      2048         0 100% /mosquitto/data\n', { size: 2048, free: 0 }],
    ['/dev/mapper/a-b 8000000 1000 7999000 1% /mosquitto/data\n', { size: 8_000_000, free: 7_999_000 }],
    ['//nas/share with space 100 40 60 40% /mosquitto/data\n', { size: 100, free: 60 }],
  ])('of %j', (row, expected) => {
    expect(spaceIn(head + row)).toEqual(expected);
  });

  it('is not known where df does not say', () => {
    expect(spaceIn('df: /mosquitto/data: No such file or directory\n')).toBeUndefined();
  });
});

describe('residentBytes', () => {
  it('counts what is swapped out, and no pages of files', () => {
    expect(residentBytes('VmRSS:\t   12096 kB\nRssAnon:\t    1744 kB\nRssFile:\t   10320 kB\nVmSwap:\t 256 kB\n')).toBe(
      2_000 * 1_024,
    );
  });
});

describe('spaceProblem', () => {
  it.each([
    [{ free: 0, size: 2_048 }, 'only 0 of 2048 KiB are free on the volume data'],
    [{ free: 40, size: 2_048 }, 'only 40 of 2048 KiB are free on the volume data'],
    [{ free: 60 * 1_024, size: 100_000_000 }, 'only 60 of 97656 MiB are free on the volume data'],
  ])('of %j', (space, words) => {
    expect(spaceProblem(space, 'data')).toContain(words);
  });

  it.each([
    { free: 524, size: 2_048 },
    // A large disk that is nearly full by percent has room for long.
    { free: 1_000_000, size: 100_000_000 },
  ])('is none with %j', (space) => {
    expect(spaceProblem(space, 'data')).toBeUndefined();
    expect(spaceWords(space)).toMatch(/^\d+ of \d+ [KM]iB are free$/);
  });
});

describe('memoryProblem', () => {
  const allowance = allowanceOf({ memoryLimitMebibytes: 100 });

  it('names the key, how much is in use, and what to do', () => {
    expect(memoryProblem(99.5 * mebibyte, allowance)).toBe(
      '100 of 100 MiB of memory are in use; at that limit the broker cuts new clients off and refuses messages: ' +
        'raise memoryLimitMebibytes, or delete retained messages and sessions that nobody needs',
    );
  });

  it('is none below', () => {
    expect(memoryProblem(90 * mebibyte, allowance)).toBeUndefined();
    expect(memoryWords(90 * mebibyte, allowance)).toBe('90 of 100 MiB of memory are in use');
  });
});
