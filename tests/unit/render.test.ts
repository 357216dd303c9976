import { parseAcl, renderAcl } from '../../mosquitto/acl';
import { renderConfiguration } from '../../mosquitto/configuration';
import { limitKeys } from '../../mosquitto/limits';
import { parsePasswords } from '../../mosquitto/passwords';
import { renderFiles, restartDigest } from '../../mosquitto/render';
import { usersOf } from '../../mosquitto/verificationPlan';
import { settingsOf } from './rawConfig';

const settings = settingsOf();
const users = usersOf(
  settings.accounts,
  settings.accounts.map(({ username }) => ({ username, password: `secret-of-${username}` })),
);

describe('renderFiles', () => {
  it('makes the configuration, the passwords and the access rules', () => {
    const files = renderFiles(settings, users);
    expect(Object.keys(files).sort()).toEqual(['acl', 'mosquitto.conf', 'passwords']);
    expect(files['mosquitto.conf']).toBe(renderConfiguration(settings));
    expect(files.acl).toBe(renderAcl(users));
  });

  it('gives every user a password and rules', () => {
    const files = renderFiles(settings, users);
    const names = ['aisa_rpi', 'aisa_server'];
    expect(parsePasswords(String(files.passwords)).map(({ username }) => username)).toEqual(names);
    expect(parseAcl(String(files.acl)).users.map(({ username }) => username)).toEqual(names);
  });

  it('hands certificates through', () => {
    expect(renderFiles(settings, users, { 'server.pem': 'PEM' })).toMatchObject({ 'server.pem': 'PEM' });
  });

  it('writes no password in plain', () => {
    expect(Object.values(renderFiles(settings, users)).join('')).not.toContain('secret-of-');
  });
});

describe('restartDigest', () => {
  it('is short, and the same for the same configuration', () => {
    expect(restartDigest(settings)).toMatch(/^[0-9a-f]{16}$/);
    expect(restartDigest(settingsOf())).toBe(restartDigest(settings));
  });

  it('does not depend on accounts', () => {
    const accounts = [{ username: 'only', topics: ['read a'] }];
    expect(restartDigest(settingsOf({ accounts }))).toBe(restartDigest(settings));
  });

  it('is that of earlier versions where the limits are the usual ones, and another one for each other limit', () => {
    const digests = Object.entries(limitKeys).map(([name, { least }]) =>
      restartDigest(settingsOf({ [name]: least + 1 })),
    );
    expect(new Set([restartDigest(settings), ...digests]).size).toBe(digests.length + 1);
  });
});
