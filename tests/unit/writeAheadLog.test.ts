/** Logs that SQLite itself has written are read as SQLite reads them. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { isCommitted } from '../../operate/writeAheadLog';

const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-log-'));

afterAll(() => rmSync(folder, { recursive: true }));

/** A database with a row in its log, and a transaction that is rolled back after its pages have been written. */
const script = `
import shutil, sqlite3, sys
path = sys.argv[1]
db = sqlite3.connect(path, isolation_level=None)
db.execute("pragma journal_mode=wal")
db.execute("pragma cache_size=1")
db.execute("pragma cache_spill=1")
db.execute("create table t (x)")
db.execute("insert into t values ('kept-row')")
db.execute("begin")
db.execute("insert into t values ('lost-row')")
for _ in range(400): db.execute("insert into t values (randomblob(3000))")
shutil.copy(path + "-wal", path + "-open")
db.execute("rollback")
db.execute("insert into t values ('late-row')")
shutil.copy(path + "-wal", path + "-later")
db.close()
`;

describe('a log of SQLite', () => {
  const log = (name: string) => readFileSync(join(folder, `database-${name}`));

  beforeAll(() => {
    execFileSync('python3', ['-c', script, join(folder, 'database')]);
  });

  it('has what is committed', () => {
    expect(isCommitted(log('open'), 'kept-row')).toBe(true);
    expect(isCommitted(log('later'), 'kept-row')).toBe(true);
    expect(isCommitted(log('later'), 'late-row')).toBe(true);
  });

  it('has not what was written and never committed, though it stands in the file', () => {
    for (const name of ['open', 'later']) {
      const bytes = log(name);
      if (name === 'open') expect(bytes.includes('lost-row')).toBe(true);
      expect(isCommitted(bytes, 'lost-row')).toBe(false);
    }
  });

  it('has nothing behind a page that is damaged', () => {
    const bytes = Buffer.from(log('later'));
    bytes[32 + 24 + 100] = (bytes[32 + 24 + 100] ?? 0) ^ 1;
    expect(isCommitted(bytes, 'kept-row')).toBe(false);
  });

  it.each([
    ['nothing', Buffer.alloc(0)],
    ['something else', Buffer.alloc(5_000, 'kept-row')],
  ])('is not %s', (_, bytes) => {
    expect(isCommitted(bytes, 'kept-row')).toBe(false);
  });
});
