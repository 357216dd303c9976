import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { bookkeepingOf, isLoggedIn, place, urlOf } from '../../setup/backend';
import { homePath } from '../../setup/home';

let folder: string;
let logins: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-backend-'));
  logins = join(folder, 'logins');
  mkdirSync(logins);
});
afterEach(() => rmSync(folder, { recursive: true }));

const home = '/of/aipi';
const chosen = (environment: NodeJS.ProcessEnv = {}) => place(home, logins, environment, folder);
const login = (content: string) => writeFileSync(join(logins, 'credentials.json'), content);

describe('AIPI_HOME', () => {
  it('counts as unset where it is empty', () => {
    expect(homePath({ AIPI_HOME: '' })).toBe(join(homedir(), '.aipi-mqtt'));
    expect(homePath({})).toBe(join(homedir(), '.aipi-mqtt'));
    expect(homePath({ AIPI_HOME: '/some where' })).toBe('/some where');
  });
});

describe('bookkeepingOf', () => {
  it.each([
    ['file:///a/b', '/a/b/.pulumi'],
    ['file:///a/b/', '/a/b/.pulumi'],
    ['file://~', join(userInfo().homedir, '.pulumi')],
    ['file://~/b', join(userInfo().homedir, 'b/.pulumi')],
    ['file://./b', '/base/b/.pulumi'],
    ['file://b', '/base/b/.pulumi'],
    ['file://../b', '/b/.pulumi'],
    ['file:///a/b?no_tmp_dir=true', '/a/b/.pulumi'],
    ['file:///a?metadata=skip&prefix=team/', '/a/team/.pulumi'],
    ['file:///a%20b/%231', '/a b/#1/.pulumi'],
    ['file:///a b', '/a b/.pulumi'],
    ['file:///%E4%B8%AD', '/中/.pulumi'],
  ])('%s is %s', (url, expected) => expect(bookkeepingOf(url, '/base')).toBe(expected));

  it.each(['', 's3://bucket', 'https://api.pulumi.com', 'file:///a?not_known=1', 'FILE:///a'])(
    'leaves "%s" to the engine',
    (url) => expect(bookkeepingOf(url)).toBeUndefined(),
  );

  it.each(['/a#1', '/100% sure', '/what?', '/中 文', '/a\\b', "/it's", '/plain'])('comes back from %s', (path) =>
    expect(bookkeepingOf(urlOf(path))).toBe(`${path}/.pulumi`),
  );
});

describe('place', () => {
  it('is files in AIPI_HOME where nobody names another', () => {
    expect(chosen()).toEqual({ url: 'file:///of/aipi/state', by: 'AIPI_HOME', isDemanded: false });
    expect(chosen({ PULUMI_BACKEND_URL: '' })).toEqual(chosen());
  });

  it('is that of AIPI_HOME, too, where "npm run env" has exported it', () => {
    expect(chosen({ PULUMI_BACKEND_URL: 'file:///of/aipi/state' })).toEqual(chosen());
  });

  it('has an absolute path that counts from the project, with what else the URL says', () => {
    expect(chosen({ PULUMI_BACKEND_URL: 'file://./my state?metadata=skip' })).toEqual({
      url: `${urlOf(join(folder, 'my state'))}?metadata=skip`,
      by: 'PULUMI_BACKEND_URL',
      isDemanded: true,
    });
    expect(chosen({ PULUMI_BACKEND_URL: 's3://bucket?region=x' }).url).toBe('s3://bucket?region=x');
  });

  it.each([
    ['file:///a#b', '"#"', '%23'],
    ['file:///100%', '"%"', '%25'],
    ['file:///what?/state', '"?"', '%3F'],
  ])('refuses %s, which would be another path than is written', (url, mark, code) => {
    expect(() => chosen({ PULUMI_BACKEND_URL: url })).toThrow(
      `PULUMI_BACKEND_URL: "${url}" has ${mark}, which is no part of a path in a URL; write ${code} for it`,
    );
  });

  it('is the one that Pulumi.yaml names, before a login', () => {
    writeFileSync(join(folder, 'Pulumi.yaml'), 'name: p\nbackend:\n  url: s3://ours\n');
    login('{"current":"file:///other"}');
    expect(chosen()).toEqual({ url: 's3://ours', by: 'backend.url in Pulumi.yaml', isDemanded: true });
    expect(chosen({ PULUMI_BACKEND_URL: 's3://mine' }).url).toBe('s3://mine');
  });

  it('is the one of a login, which may be for another project', () => {
    login('{"current":"https://api.pulumi.com","accessTokens":{}}');
    expect(chosen()).toEqual({
      url: 'https://api.pulumi.com',
      by: `the login in ${join(logins, 'credentials.json')}`,
      isDemanded: false,
    });
    expect(isLoggedIn(logins)).toBe(true);
  });

  it.each(['', '{}', 'null', '{"current":""}', '{"accessTokens":{"https://api.pulumi.com":"x"}}'])(
    'takes the logins "%s" for none',
    (content) => {
      login(content);
      expect(isLoggedIn(logins)).toBe(false);
      expect(chosen().by).toBe('AIPI_HOME');
    },
  );

  it('leaves logins that are encrypted to the engine', () => {
    login('{"$pulumiSecureStore":1,"data":"x"}');
    expect(chosen()).toMatchObject({ url: undefined, isDemanded: false });
  });

  it('names the file of logins that nobody can read', () => {
    login('{"current":');
    expect(() => chosen()).toThrow(
      `${join(logins, 'credentials.json')}, where Pulumi keeps its logins, is no JSON; correct it, or delete it and log in again`,
    );
  });
});
