import { pbkdf2Sync } from 'node:crypto';
import { hashCredential, parsePasswords, renderPasswords } from '../../mosquitto/passwords';

/** Written by `mosquitto_passwd -H sha512-pbkdf2 -I 101` of 2.1.2 for the password "secret". */
const ofMosquitto =
  'pi:$7$101$NhxcHjOhE3XMYzrW2t2TrL4zbEC1zpOrA7Yem+24yd5hriq6IB3R/UsxI1sMKN9Z1XFOoZJgpygaLTqmnam3Bw==' +
  '$h8ogrxBLSsGh56CwxR34unMdab85H/yyUDq0HjL6BeeoGNLLP1XiCgtXtdbHXGtyNB0z6ZX+mNbaJimBeSqNQA==\n';

function verifies(password: string, entry: { salt: string; hash: string; iterations: number }): boolean {
  const salt = Buffer.from(entry.salt, 'base64');
  return pbkdf2Sync(password, salt, entry.iterations, 64, 'sha512').toString('base64') === entry.hash;
}

describe('hashCredential', () => {
  it('verifies with its own password only', () => {
    const entry = hashCredential({ username: 'pi', password: 'secret' });
    expect(verifies('secret', entry)).toBe(true);
    expect(verifies('Secret', entry)).toBe(false);
    expect(entry).toMatchObject({ username: 'pi', iterations: 1 });
  });

  it('gives the same entry for the same credential', () => {
    const credential = { username: 'pi', password: 'secret' };
    expect(hashCredential(credential)).toEqual(hashCredential(credential));
  });

  it('salts each user and each password differently', () => {
    const salts = [
      { username: 'pi', password: 'one' },
      { username: 'pi', password: 'two' },
      { username: 'server', password: 'one' },
    ].map((credential) => hashCredential(credential).salt);
    expect(new Set(salts).size).toBe(3);
  });

  it('has a salt of at least 12 bytes', () => {
    const { salt } = hashCredential({ username: 'pi', password: 'secret' });
    expect(Buffer.from(salt, 'base64').length).toBeGreaterThanOrEqual(12);
  });
});

describe('renderPasswords', () => {
  it('writes one line a user, sorted, without the password', () => {
    const text = renderPasswords([
      { username: 'pi', password: 'secret-of-pi' },
      { username: 'aisa_server', password: 'secret-of-server' },
      { username: 'b', password: 'secret-of-b' },
    ]);
    expect(text).toMatch(
      /^aisa_server:\$7\$1\$[\w+/]+=*\$[\w+/]{86}==\nb:\$7\$1\$[^\n]+\npi:\$7\$1\$[\w+/]+=*\$[\w+/]{86}==\n$/,
    );
    expect(text).not.toContain('secret-of');
  });
});

describe('parsePasswords', () => {
  it('reads a line that mosquitto_passwd wrote', () => {
    const [entry] = parsePasswords(ofMosquitto);
    expect(entry).toMatchObject({ username: 'pi', iterations: 101 });
    expect(entry && verifies('secret', entry)).toBe(true);
  });

  const good = ofMosquitto.trim();
  it.each([
    ['a bcrypt hash', 'pi:$2b$10$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy\n', 1],
    ['a plain password', 'pi:secret\n', 1],
    ['a name alone', 'pi\n', 1],
    ['a truncated line', `${good}\n${good.slice(0, -20)}\n`, 2],
    ['a missing name', `${good}\n${good.slice(2)}\n`, 2],
    ['a name with white space', `p i${good.slice(2)}\n`, 1],
    ['no rounds', `${good.replace('$101$', '$0$')}\n`, 1],
    ['a user twice', `${good}\n\n${good}\n`, 3],
    ['text after the hash', `${good} \n`, 1],
  ])('refuses %s by its line', (_, text, line) => {
    expect(() => parsePasswords(text)).toThrow(`password file, line ${line}: `);
  });

  it.each([
    ['without its last line break', good],
    ['of no bytes', ''],
  ])('refuses a file %s', (_, text) => {
    expect(() => parsePasswords(text)).toThrow('cut off');
  });

  it('never shows a hash in an error', () => {
    const line = `${good.slice(0, -4)}\n`;
    expect(() => parsePasswords(line)).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('$7$') }),
    );
  });
});
