import { stayingAccounts } from '../../change/staying';
import { renderAcl, withRules } from '../../mosquitto/acl';
import { fileNames } from '../../mosquitto/files';
import { renderPasswords } from '../../mosquitto/passwords';
import { correctingWitness, observedTopic, witnessAcl } from '../../mosquitto/witness';

const alice = { username: 'alice', password: 'a'.repeat(32) };
const bob = { username: 'bob', password: 'b'.repeat(32) };
const acl = renderAcl([witnessAcl([]), { username: 'alice', rules: [{ access: 'read', topic: 'x' }] }]);
const deployed = { [fileNames.acl]: acl, [fileNames.passwords]: renderPasswords([alice, bob]) };
const passwords = deployed[fileNames.passwords] ?? '';

describe('stayingAccounts', () => {
  it('are those whose password is deployed, in the order that is asked for', () => {
    expect(stayingAccounts(deployed, [bob, alice])).toEqual(['bob', 'alice']);
  });

  it('are not those of another password, nor of another name', () => {
    expect(stayingAccounts(deployed, [alice, { ...bob, password: 'c'.repeat(32) }])).toEqual(['alice']);
    expect(stayingAccounts(deployed, [{ ...alice, username: 'carol' }])).toEqual([]);
    expect(stayingAccounts(deployed, [])).toEqual([]);
  });

  it('are none where nothing is deployed', () => {
    expect(stayingAccounts({}, [alice])).toEqual([]);
    expect(stayingAccounts({ [fileNames.acl]: acl }, [alice])).toEqual([]);
    expect(stayingAccounts({ [fileNames.passwords]: passwords }, [alice])).toEqual([]);
  });

  it.each<[string, string]>([
    ['no witness', acl.replace('user aipi_verify', 'user somebody')],
    ['a witness that may not read where messages flow', acl.replace(`topic readwrite ${observedTopic}\n`, '')],
    ['a witness that may only write there', acl.replace(`readwrite ${observedTopic}`, `write ${observedTopic}`)],
    ['a witness that is denied it', `${acl.replace(/(user aipi_verify\n)/, `$1topic deny ${observedTopic}\n`)}`],
    ['rules that the broker cannot read', `${acl}topic\n`],
    ['an empty file', ''],
  ])('are none as long as nobody can look on: %s', (_, text) => {
    expect(text).not.toBe(acl);
    expect(stayingAccounts({ ...deployed, [fileNames.acl]: text }, [alice])).toEqual([]);
  });

  it('are the same while the witness has further rules', () => {
    const text = withRules(acl, correctingWitness(['pi-1']));
    expect(stayingAccounts({ ...deployed, [fileNames.acl]: text }, [alice])).toEqual(['alice']);
  });

  it.each<[string, string]>([
    ['an empty file', ''],
    ['a line that is none', `${passwords}garbage\n`],
    ['a last line that is cut off', passwords.slice(0, -1)],
    ['a user who stands twice', passwords + passwords],
  ])('are none by passwords that the broker would not take: %s', (_, text) => {
    expect(stayingAccounts({ ...deployed, [fileNames.passwords]: text }, [alice])).toEqual([]);
  });

  it.each<[string, RegExp, string]>([
    ['salt', /^(alice:\$7\$1\$)..../, '$1AAAA'],
    ['number of rounds', /^(alice:\$7\$)1/, '$12'],
    ['hash', /^(alice:\$7\$1\$[^$]*\$)..../, '$1AAAA'],
  ])('are not those whose %s somebody has changed: they cannot log in', (_, found, written) => {
    const text = passwords.replace(found, written);
    expect(text).not.toBe(passwords);
    expect(stayingAccounts({ ...deployed, [fileNames.passwords]: text }, [alice, bob])).toEqual(['bob']);
  });
});
