/**
 * Certificates of clients: that strict verification of OpenSSL accepts them, and for how long they last.
 *
 * It does not prove that a broker accepts them: `tests/integration` asks it.
 */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type ClientCertificate, impostor, issueClientCertificate, serialOf } from '../../certificates/client';
import { cleanUp, day, hour, type Identity, newKey, newRoot, openssl, strictVerdict } from './openssl';

let authority: Identity;

beforeAll(() => {
  authority = newRoot('/O=aipi/CN=Devices 1');
});

afterAll(cleanUp);

function verdict(issued: ClientCertificate, { certificate }: Identity, purpose = 'sslclient'): string | undefined {
  return strictVerdict(issued.certificate, certificate, '', purpose);
}

describe('serialOf', () => {
  it('is the same in each run', () => {
    expect(serialOf('devices', 'pi-1', 1)).toBe(serialOf('devices', 'pi-1', 1));
  });

  it('is another one for another kind, name or generation', () => {
    const serials = ['devices', 'accounts'].flatMap((kind) =>
      ['pi-1', 'pi-11', 'pi-2', 'Pi-1', ''].flatMap((name) =>
        [1, 2, 11, 12, 111].map((one) => serialOf(kind, name, one)),
      ),
    );
    expect(new Set(serials).size).toBe(50);
  });

  it('is positive, of 16 bytes and without a leading zero', () => {
    for (let generation = 1; generation <= 300; generation += 1) {
      expect(serialOf('devices', 'pi-1', generation)).toMatch(/^[1-7][0-9a-f]{31}$/);
    }
  });
});

describe('issueClientCertificate', () => {
  it.each(['P-256', 'P-384', 'RSA-2048'] as const)('works with an authority of %s', async (kind) => {
    const other = newRoot('/CN=Other', newKey(kind));
    const issued = await issueClientCertificate(other, { name: 'pi-1', validityHours: 24 });
    expect(verdict(issued, other)).toBeUndefined();
    expect(verdict(issued, authority)).toBeDefined();
  });

  it('works with a key of SEC 1', async () => {
    const privateKey = openssl(['ec'], authority.privateKey);
    const issued = await issueClientCertificate({ ...authority, privateKey }, { name: 'pi-1', validityHours: 24 });
    expect(verdict(issued, authority)).toBeUndefined();
  });

  it('makes a certificate of that name with its key, for clients alone', async () => {
    const issued = await issueClientCertificate(authority, { name: 'Pi.7_x-9', validityHours: 24 });
    const certificate = new X509Certificate(issued.certificate);
    expect(certificate.subject).toBe('CN=Pi.7_x-9');
    expect(certificate.issuer).toBe('O=aipi\nCN=Devices 1');
    expect(certificate.ca).toBe(false);
    expect(issued.privateKey).toMatch(/^-----BEGIN PRIVATE KEY-----\n/);
    expect(certificate.checkPrivateKey(createPrivateKey(issued.privateKey))).toBe(true);
    expect(verdict(issued, authority)).toBeUndefined();
    expect(verdict(issued, authority, 'sslserver')).toMatch(/purpose/);
  });

  it('makes another key each time, and another serial number unless it is given', async () => {
    const [one, two] = await Promise.all(
      [1, 2].map(() => issueClientCertificate(authority, { name: 'pi-1', validityHours: 1 })),
    );
    expect(one?.privateKey).not.toBe(two?.privateKey);
    const serials = [one, two].map((issued) => new X509Certificate(issued?.certificate ?? '').serialNumber);
    expect(serials[0]).not.toBe(serials[1]);
    for (const serial of serials) expect(serial).toMatch(/^[1-7][0-9A-F]{31}$/);
  });

  it('carries the serial number that is given', async () => {
    for (const generation of [1, 2, 3, 4]) {
      const serial = serialOf('devices', 'pi-1', generation);
      const issued = await issueClientCertificate(authority, { name: 'pi-1', serial, validityHours: 1 });
      expect(new X509Certificate(issued.certificate).serialNumber.toLowerCase()).toBe(serial);
    }
  });

  it('lasts as long as asked, and says so', async () => {
    const asked = Date.now();
    const issued = await issueClientCertificate(authority, { name: 'pi-1', validityHours: 48 });
    const certificate = new X509Certificate(issued.certificate);
    expect(Date.parse(certificate.validTo)).toBe(Date.parse(issued.notAfter));
    expect(Date.parse(certificate.validFrom)).toBe(Date.parse(issued.notBefore));
    expect(Math.abs(Date.parse(issued.notAfter) - asked - 48 * hour)).toBeLessThan(60_000);
  });

  it('never outlives its authority, and never begins before it', async () => {
    const young = newRoot('/CN=Young');
    const issued = await issueClientCertificate(young, { name: 'pi-1', validityHours: 30 * 365 * 24 });
    const { validFrom, validTo } = new X509Certificate(young.certificate);
    expect(Date.parse(issued.notAfter)).toBe(Date.parse(validTo));
    expect(Date.parse(issued.notBefore)).toBe(Date.parse(validFrom));
    expect(verdict(issued, young)).toBeUndefined();
  });

  it('begins a little in the past under an older authority, for clocks that differ', async () => {
    const moment = Date.now();
    jest.useFakeTimers({ now: moment + day, doNotFake: ['nextTick', 'setImmediate', 'queueMicrotask'] });
    try {
      const issued = await issueClientCertificate(authority, { name: 'pi-1', validityHours: 1 });
      const early = moment + day - Date.parse(issued.notBefore);
      expect(early).toBeGreaterThanOrEqual(60_000);
      expect(early).toBeLessThanOrEqual(hour);
    } finally {
      jest.useRealTimers();
    }
  });
});

describe('impostor', () => {
  it('has a certificate of that name which the authority has not signed', async () => {
    const false1 = await impostor('pi-1');
    expect(new X509Certificate(false1.certificate).subject).toBe('CN=pi-1');
    expect(verdict(false1, authority)).toMatch(/unable to get local issuer/);
    expect(new X509Certificate(false1.certificate).checkPrivateKey(createPrivateKey(false1.privateKey))).toBe(true);
  });
});
