import type { BrokerFiles } from '../../mosquitto/files';
import { renderFiles } from '../../mosquitto/render';
import { fileProblems } from '../../mosquitto/validation';
import { usersOf } from '../../mosquitto/verificationPlan';
import { settingsOf } from './rawConfig';
import { selfSigned } from './selfSigned';

const settings = settingsOf({
  dnsNames: ['a.example'],
  listeners: [{ port: 8883, bindAddress: '0.0.0.0', tls: true }],
});
const users = usersOf(
  settings.accounts,
  settings.accounts.map(({ username }) => ({ username, password: 'secret-of-user' })),
);
const own = selfSigned();
const other = selfSigned();
const good = renderFiles(settings, users, {
  'ca.pem': own.certificate,
  'server-ec.pem': own.certificate,
  'server-ec.key': own.privateKey,
});

function without(name: string): BrokerFiles {
  return Object.fromEntries(Object.entries(good).filter(([key]) => key !== name));
}

describe('fileProblems', () => {
  it('finds nothing wrong with what the renderer made', () => {
    expect(fileProblems(good)).toEqual([]);
  });

  it.each([
    ['mosquitto.conf', 'mosquitto.conf is missing'],
    ['passwords', 'mosquitto.conf names passwords at "plugin_opt_password_file", and there is no such file'],
    ['acl', 'mosquitto.conf names acl at "plugin_opt_acl_file", and there is no such file'],
    ['server-ec.pem', 'mosquitto.conf names server-ec.pem at "certfile", and there is no such file'],
    ['server-ec.key', 'mosquitto.conf names server-ec.key at "keyfile", and there is no such file'],
  ])('misses %s', (name, problem) => {
    expect(fileProblems(without(name))).toContain(problem);
  });

  it.each<[string, BrokerFiles, RegExp]>([
    ['a broken password line', { passwords: `${good.passwords}oops\n` }, /^password file, line 3: /],
    ['a truncated password file', { passwords: String(good.passwords).slice(0, -30) }, /^password file, line 2: /],
    ['an empty password file, which locks everybody out', { passwords: '' }, /^password file: /],
    ['a user twice', { passwords: `${good.passwords}${good.passwords}` }, /^password file, line 3: .*twice/],
    ['a broken ACL line', { acl: `${good.acl}topic publish a\n` }, /^ACL file, line \d+: /],
    ['a filter that ends the broker', { acl: `${good.acl}topic read a/#/b\n` }, /^ACL file, line \d+: /],
    [
      'the key of another certificate',
      { 'server-ec.key': other.privateKey },
      /^server certificate: .*another certificate/,
    ],
    ['another certificate with the key', { 'server-ec.pem': other.certificate }, /^server certificate: .*another/],
    ['a certificate that is none', { 'server-ec.pem': 'oops' }, /^server certificate: .*not valid PEM/],
    ['a key that is none', { 'server-ec.key': '' }, /^server certificate: .*not valid PEM/],
  ])('finds %s', (_, changed, problem) => {
    expect(fileProblems({ ...good, ...changed })).toEqual([expect.stringMatching(problem)]);
  });

  it('lists every problem at once', () => {
    const problems = fileProblems({ ...good, passwords: 'oops\n', acl: 'oops\n', 'server-ec.key': other.privateKey });
    expect(problems).toHaveLength(3);
  });

  it('shows no secret', () => {
    const hash = String(good.passwords).split('$')[4]?.slice(0, 20);
    const problems = fileProblems({
      ...good,
      passwords: String(good.passwords).slice(0, -30),
      'server-ec.key': own.privateKey.slice(0, -60),
    }).join('\n');
    expect(problems).not.toBe('');
    expect(problems).not.toContain(hash);
    expect(problems).not.toContain('PRIVATE KEY');
  });
});
