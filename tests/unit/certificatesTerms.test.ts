/**
 * How long certificates last: when they are due, and what a person is told then.
 *
 * It does not prove that an update renews one: the components do that.
 */

import { createHash, X509Certificate } from 'node:crypto';
import {
  daysLeft,
  earlyRenewal,
  isDue,
  isRenewedNow,
  type Renewal,
  type Term,
  termOf,
  termWarnings,
} from '../../certificates/terms';
import { cleanUp, day, hour, issue, newRoot } from './openssl';

const end = Date.parse('2030-06-01T12:00:00.000Z');

/** A term that is due from 30 days before its end. */
function term(renewal: Renewal, changes: Partial<Term> = {}): Term {
  return {
    serial: '0A',
    fingerprint: 'ab'.repeat(32),
    notBefore: '2029-06-01T12:00:00.000Z',
    notAfter: new Date(end).toISOString(),
    renewal,
    dueFrom: new Date(end - 30 * day).toISOString(),
    ...changes,
  };
}

describe('termOf', () => {
  let pem: string;
  let ends: number;

  beforeAll(() => {
    pem = newRoot().certificate;
    ends = Date.parse(new X509Certificate(pem).validTo);
  });

  afterAll(cleanUp);

  it('reads what the certificate says of itself', () => {
    const certificate = new X509Certificate(pem);
    expect(termOf(pem, 'update', 24)).toEqual({
      serial: certificate.serialNumber,
      fingerprint: createHash('sha256').update(certificate.raw).digest('hex'),
      notBefore: new Date(certificate.validFrom).toISOString(),
      notAfter: new Date(ends).toISOString(),
      renewal: 'update',
      dueFrom: new Date(ends - day).toISOString(),
    });
  });

  it('is due one year before the end where nothing else is said', () => {
    for (const renewal of ['update', 'elsewhere', 'rollover'] as const) {
      expect(Date.parse(termOf(pem, renewal).dueFrom)).toBe(ends - 365 * day);
    }
  });

  it('is due the given hours before the end, also none', () => {
    expect(Date.parse(termOf(pem, 'update', 720).dueFrom)).toBe(ends - 30 * day);
    expect(Date.parse(termOf(pem, 'update', 0).dueFrom)).toBe(ends);
  });

  it('reads the first certificate of a chain', () => {
    const chain = pem + newRoot('/CN=Other').certificate;
    expect(termOf(chain, 'update')).toEqual(termOf(pem, 'update'));
  });
});

describe('a certificate of a short life', () => {
  afterAll(cleanUp);

  it('is due in the last third of it, whatever is asked in hours', () => {
    for (const lasts of [1, 6, 60]) {
      const { certificate } = issue({ subject: '/CN=short', extensions: {}, lasts });
      const ends = Date.parse(new X509Certificate(certificate).validTo);
      for (const renewal of ['update', 'elsewhere', 'rollover'] as const) {
        expect(Date.parse(termOf(certificate, renewal, 720).dueFrom)).toBe(ends - (lasts * day) / 3);
      }
      expect(Date.parse(termOf(certificate, 'elsewhere', 1).dueFrom)).toBe(ends - hour);
      expect(Date.parse(termOf(certificate, 'rollover').dueFrom)).toBe(ends - (lasts * day) / 3);
    }
  });

  it.each([
    [8_760, 720, 720],
    [144, 720, 48],
    [144, 24, 24],
    [24, 24, 8],
    [3, 720, 1],
    [2, 2, 1],
    [1, 1, 0],
    [144, 0, 0],
  ])('of %d hours, to be renewed %d hours before its end, is so %d hours before it', (validity, asked, early) => {
    expect(earlyRenewal(validity, asked)).toBe(early);
    expect(early).toBeLessThan(validity);
  });
});

it.each([
  [end - 10 * day, 10],
  [end - 10 * day + 1, 9],
  [end - day, 1],
  [end - day + 1, 0],
  [end - 1, 0],
  [end, 0],
  [end + 1, -1],
  [end + day, -1],
  [end + day + 1, -2],
])('at %d there are %d whole days left', (now, expected) => {
  expect(daysLeft({ notAfter: new Date(end).toISOString() }, now)).toBe(expected);
});

it('a certificate is due from its moment on, and stays so after its end', () => {
  const due = end - 30 * day;
  expect([due - 1, due, due + 1, end, end + 365 * day].map((now) => isDue(term('update'), now))).toEqual([
    false,
    true,
    true,
    true,
    true,
  ]);
});

it('only an update that is due renews', () => {
  const renewed = (renewal: Renewal, now: number) => isRenewedNow(term(renewal), now);
  expect(renewed('update', end - 31 * day)).toBe(false);
  expect(renewed('update', end - 29 * day)).toBe(true);
  expect(renewed('update', end + day)).toBe(true);
  for (const renewal of ['elsewhere', 'rollover'] as const) {
    expect(renewed(renewal, end - 29 * day)).toBe(false);
    expect(renewed(renewal, end + day)).toBe(false);
  }
});

describe('termWarnings', () => {
  const terms = { server: term('update'), ca: term('rollover'), given: term('elsewhere') };

  it('are none before anything is due, and none for nothing', () => {
    expect(termWarnings(terms, end - 31 * day)).toEqual([]);
    expect(termWarnings({}, end)).toEqual([]);
  });

  it('tell name, days left and remedy of each certificate that is due', () => {
    expect(termWarnings(terms, end - 29 * day - hour)).toEqual([
      expect.stringMatching(/^certificate server has 29 days left; .*update/),
      expect.stringMatching(/^certificate ca has 29 days left; .*rollover/i),
      expect.stringMatching(/^certificate given has 29 days left; .*where it comes from/),
    ]);
  });

  it('leave out what is not due', () => {
    const later = { ...terms, ca: term('rollover', { dueFrom: new Date(end).toISOString() }) };
    const named = termWarnings(later, end - day).map((line) => line.split(' ')[1]);
    expect(named).toEqual(['server', 'given']);
  });

  it('say that one has expired, from its very end on', () => {
    expect(termWarnings({ server: term('update') }, end - 1)).toEqual([expect.stringContaining('has 0 days left')]);
    for (const now of [end, end + 1, end + 10 * day]) {
      expect(termWarnings({ ca: term('rollover') }, now)).toEqual([
        expect.stringMatching(/^certificate ca has expired at 2030-06-01T12:00:00.000Z; .*rollover/i),
      ]);
    }
  });

  it('have a remedy of their own for each kind', () => {
    const remedies = termWarnings(terms, end).map((line) => line.slice(line.indexOf('; ')));
    expect(new Set(remedies).size).toBe(3);
  });
});
