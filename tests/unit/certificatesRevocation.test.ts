/**
 * Certificates that are no longer valid: who is on the list, and that OpenSSL reads it.
 *
 * It does not prove the law for every history (see tests/property/revocation.test.ts), nor that a broker refuses them.
 */

import { spawnSync } from 'node:child_process';
import { X509Certificate } from 'node:crypto';
import { issueClientCertificate, serialOf } from '../../certificates/client';
import {
  areRevocationLists,
  type Issued,
  type IssueRecord,
  newlyRevoked,
  nextRecord,
  recordProblems,
  revocationDigest,
  revocationLists,
} from '../../certificates/revocation';
import { problemWords } from '../../mosquitto/problem';
import { cleanUp, file, type Identity, newKey, newRoot, openssl, strictVerdict } from './openssl';

afterAll(cleanUp);

/** Reads `pi-1:3 pi-2:1`: names with their generations. */
function clients(text: string): Issued[] {
  return text
    .split(' ')
    .filter((each) => each !== '')
    .map((each): Issued => {
      const [name = '', generation] = each.split(':');
      return [name, Number(generation)];
    });
}

/** The record after a history, one text for each step. */
function after(...steps: string[]): IssueRecord {
  const start: IssueRecord = { present: [], revoked: [], past: [], digest: '' };
  return steps.reduce((before, step) => ({ ...nextRecord(before, clients(step)), digest: '' }), start);
}

describe('nextRecord', () => {
  it('holds who is present, by name, and revokes nobody at first', () => {
    expect(nextRecord(undefined, clients('pi-2:1 pi-1:3'))).toEqual({
      present: clients('pi-1:3 pi-2:1'),
      revoked: [],
      past: [],
    });
    expect(nextRecord(undefined, [])).toEqual({ present: [], revoked: [], past: [] });
  });

  it.each<[string, string[], string]>([
    ['who left, and the generation that may have been prepared for it', ['pi-1:3 pi-2:1', 'pi-2:1'], 'pi-1:3 pi-1:4'],
    ['the old generation of who has a new one, and not the new one', ['pi-1:3', 'pi-1:4'], 'pi-1:3'],
    ['what may have been prepared where a generation is left out', ['pi-1:3', 'pi-1:6'], 'pi-1:3 pi-1:4'],
    ['nobody where nothing changes', ['pi-1:3 pi-2:1', 'pi-2:1 pi-1:3'], ''],
    ['who was revoked before, once each', ['a:1 b:1', 'b:1', 'b:2', 'b:3', 'b:3'], 'a:1 a:2 b:1 b:2'],
    ['nobody who is present, not even who comes back', ['pi-1:1', '', 'pi-1:1'], ''],
    ['the old generation of who comes back with a new one', ['pi-1:1', '', 'pi-1:2'], 'pi-1:1'],
    ['nobody whose name begins alike', ['pi-1:11 pi-11:1', 'pi-11:1'], 'pi-1:11 pi-1:12'],
    ['a generation that was taken back, as soon as its name has left', ['a:5', 'a:3', ''], 'a:3 a:4 a:5 a:6'],
    ['who came back with a lower generation and left again', ['a:5', '', 'a:1', ''], 'a:1 a:2 a:5 a:6'],
    ['a generation that was taken back, as soon as it is passed', ['a:5', 'a:3', 'a:7'], 'a:3 a:4 a:5 a:6'],
  ])('revokes %s', (_, steps, revoked) => {
    const record = after(...steps);
    expect(record.revoked).toEqual(clients(revoked));
    expect(record.present).toEqual(clients(steps.at(-1) ?? '').sort());
  });
});

describe('recordProblems', () => {
  it.each<[string, string[], string]>([
    ['at first', [], 'pi-1:1 pi-2:7'],
    ['where nothing changes', ['pi-1:3'], 'pi-1:3'],
    ['where a generation grows, by one or more', ['pi-1:3 pi-2:1'], 'pi-1:4 pi-2:9'],
    ['where somebody leaves', ['pi-1:3 pi-2:1'], 'pi-2:1'],
    ['where somebody new comes', ['pi-1:3'], 'pi-1:3 pi-11:1 Pi-1:1'],
    ['where somebody comes back with a new generation', ['pi-1:3', ''], 'pi-1:4'],
  ])('are none %s', (_, steps, next) => {
    expect(recordProblems(after(...steps), clients(next), 'devices')).toEqual([]);
  });

  it('are none without anything before', () => {
    expect(recordProblems(undefined, clients('pi-1:1'), 'devices')).toEqual([]);
  });

  it.each<[string, string[], string, number]>([
    ['a generation that is lowered', ['pi-1:3'], 'pi-1:2', 3],
    ['a generation of somebody who left', ['pi-1:3', ''], 'pi-1:3', 4],
    ['a lower one of somebody who left', ['pi-1:3', '', 'pi-2:1'], 'pi-1:1 pi-2:1', 4],
    ['a generation from before the last one of somebody who left', ['pi-1:3', 'pi-1:5', ''], 'pi-1:5', 6],
  ])('forbid %s, and name what to write', (_, steps, next, least) => {
    expect(recordProblems(after(...steps), clients(next), 'devices').map(problemWords)).toEqual([
      expect.stringMatching(new RegExp(`^devices: pi-1: .*; write ${least} or more$`)),
    ]);
  });

  it('name each client, and the kind of it', () => {
    const found = recordProblems(after('a:3 b:3 c:3'), clients('a:1 b:3 c:2'), 'accounts').map(problemWords);
    expect(found).toEqual([expect.stringMatching(/^accounts: a: /), expect.stringMatching(/^accounts: c: /)]);
  });
});

describe('newlyRevoked', () => {
  it('names each client once that was not on the list', () => {
    const next = { revoked: clients('pi-0:1 pi-1:1 pi-1:2 pi-2:7') };
    const listed = (revoked: Issued[]): IssueRecord => ({ present: [], revoked, past: revoked, digest: '' });
    expect(newlyRevoked(undefined, next)).toEqual(['pi-0', 'pi-1', 'pi-2']);
    expect(newlyRevoked(listed(clients('pi-0:1 pi-1:1')), next)).toEqual(['pi-1', 'pi-2']);
    expect(newlyRevoked(listed(next.revoked), next)).toEqual([]);
    expect(newlyRevoked(listed(next.revoked), { revoked: [] })).toEqual([]);
  });
});

describe('lists of revoked certificates', () => {
  const revoked = clients('pi-1:1 pi-1:2 pi-3:7');
  const kinds = ['P-256', 'P-384', 'RSA-2048'] as const;
  let authorities: Identity[];
  let lists: string;

  beforeAll(async () => {
    authorities = kinds.map((kind, index) => newRoot(`/CN=Devices ${index + 1}`, newKey(kind)));
    lists = await revocationLists(authorities, 'devices', revoked);
  });

  function blocks(): string[] {
    return lists.split(/(?<=-----END X509 CRL-----\n)/);
  }

  /** What OpenSSL says of a list. */
  function crl(list: string, ...options: string[]): string {
    return openssl(['crl', '-noout', ...options], list);
  }

  async function checked(authority: Identity, name: string, generation: number): Promise<string | undefined> {
    const serial = serialOf('devices', name, generation);
    const { certificate } = await issueClientCertificate(authority, { name, serial, validityHours: 24 });
    const further = ['-crl_check', '-CRLfile', file(lists)];
    return strictVerdict(certificate, authority.certificate, '', 'sslclient', further);
  }

  it('are one of each authority, and nothing else', () => {
    expect(blocks()).toHaveLength(3);
    for (const block of blocks()) expect(block).toMatch(/^-----BEGIN X509 CRL-----\n[^-]+-----END X509 CRL-----\n$/);
    expect(blocks().map((block) => crl(block, '-issuer').trim())).toEqual(
      [1, 2, 3].map((one) => `issuer=CN = Devices ${one}`),
    );
  });

  it('are signed by their authorities, and by no other', () => {
    const said = (block = '', { certificate } = authorities[0] as Identity) =>
      spawnSync('openssl', ['crl', '-noout', '-CAfile', file(certificate)], { input: block, encoding: 'utf8' }).stderr;
    blocks().forEach((block, index) => {
      expect(said(block, authorities[index])).toContain('verify OK');
    });
    expect(said(blocks()[1])).not.toContain('verify OK');
  });

  it('hold the serial numbers of those that are revoked', () => {
    const serials = revoked.map(([name, generation]) => serialOf('devices', name, generation).toUpperCase());
    for (const block of blocks()) {
      const found = [...crl(block, '-text').matchAll(/Serial Number: ([0-9A-F]+)/g)].map(([, serial]) => serial);
      expect(found.sort()).toEqual([...serials].sort());
    }
  });

  it('last as long as their authorities', () => {
    blocks().forEach((block, index) => {
      const [, until = ''] = crl(block, '-nextupdate').split('=');
      const { validTo } = new X509Certificate(authorities[index]?.certificate ?? '');
      expect(Date.parse(until)).toBe(Date.parse(validTo));
    });
  });

  it('count already', () => {
    for (const block of blocks()) {
      const [, from = ''] = crl(block, '-lastupdate').split('=');
      expect(Date.parse(from)).toBeLessThanOrEqual(Date.now());
    }
  });

  it.each(kinds)('let OpenSSL refuse those that are revoked, and nobody else, of an authority of %s', async (kind) => {
    const authority = authorities[kinds.indexOf(kind)] as Identity;
    expect(await checked(authority, 'pi-1', 1)).toMatch(/certificate revoked/);
    expect(await checked(authority, 'pi-1', 2)).toMatch(/certificate revoked/);
    expect(await checked(authority, 'pi-1', 3)).toBeUndefined();
    expect(await checked(authority, 'pi-2', 1)).toBeUndefined();
  });

  it('let OpenSSL refuse everybody whose authority has none', async () => {
    expect(await checked(newRoot('/CN=Devices 4'), 'pi-2', 1)).toMatch(/unable to get certificate CRL/);
  });

  it('are told from lists that somebody has put in their place', async () => {
    const is = (text: string, issuers = authorities) => areRevocationLists(text, issuers, 'devices', revoked);
    const own = await revocationLists(authorities, 'devices', revoked);
    expect(await is(own)).toBe(true);
    const [first] = authorities as [Identity];
    for (const other of [
      await revocationLists(authorities, 'devices', revoked.slice(1)),
      await revocationLists(authorities.slice(1), 'devices', revoked),
      await revocationLists([...authorities.slice(0, 2), newRoot('/CN=Devices 3')], 'devices', revoked),
      own.replace(/[A-Za-z](?=[^\n]*\n-----END)/, (letter) => (letter === 'A' ? 'B' : 'A')),
      '',
    ]) {
      expect(await is(other)).toBe(false);
    }
    expect(await is(own, [first])).toBe(false);
  });

  it('may be empty', async () => {
    lists = await revocationLists(authorities, 'devices', []);
    expect(crl(lists, '-text')).toContain('No Revoked Certificates');
    expect(await checked(authorities[0] as Identity, 'pi-1', 1)).toBeUndefined();
    expect(await revocationLists([], 'devices', revoked)).toBe('');
  });

  it('do not name clients of another kind of the same name', async () => {
    lists = await revocationLists(authorities, 'accounts', revoked);
    expect(await checked(authorities[0] as Identity, 'pi-1', 1)).toBeUndefined();
  });

  it('tell two authorities of one name apart', async () => {
    const twins = [newRoot('/CN=Devices'), newRoot('/CN=Devices')] as const;
    lists = await revocationLists(twins, 'devices', revoked);
    for (const twin of twins) {
      expect(await checked(twin, 'pi-1', 1)).toMatch(/certificate revoked/);
      expect(await checked(twin, 'pi-1', 3)).toBeUndefined();
    }
  });
});

describe('revocationDigest', () => {
  const revoked = clients('pi-1:1 pi-2:1');
  let one: Identity;
  let two: Identity;

  beforeAll(() => {
    [one, two] = [newRoot('/CN=One'), newRoot('/CN=One')];
  });

  it('is the same for the same', () => {
    expect(revocationDigest([one, two], revoked)).toBe(revocationDigest([one, two], [...revoked]));
  });

  it('is another one for other issuers and other entries', () => {
    const digests = [
      revocationDigest([one], revoked),
      revocationDigest([two], revoked),
      revocationDigest([one, two], revoked),
      revocationDigest([], revoked),
      ...['', 'pi-1:1', 'pi-1:2 pi-2:1', 'pi-1:1 pi-3:1'].map((each) => revocationDigest([one], clients(each))),
    ];
    expect(new Set(digests).size).toBe(digests.length);
  });

  it('shows nothing of a key', () => {
    const other = { ...one, privateKey: two.privateKey };
    expect(revocationDigest([other], revoked)).toBe(revocationDigest([one], revoked));
  });
});
