import { Refusal } from '../../operate/client';
import { cause, certificateRefusal } from '../../operate/connectionErrors';

const withCode = (code: string | number, message = 'as the library says it') =>
  Object.assign(new Error(message), { code });

const words: ReadonlyArray<[string | number, string]> = [
  [4, 'refused by the broker: user or password is not accepted'],
  [5, 'refused by the broker: user or password is not accepted'],
  [134, 'refused by the broker: user or password is not accepted'],
  [135, 'refused by the broker: user or password is not accepted'],
  ['ECONNREFUSED', 'refused: nothing listens there'],
  ['EHOSTUNREACH', 'timeout: no answer'],
  ['CERT_HAS_EXPIRED', 'expired: the certificate is no longer valid'],
  ['CERT_NOT_YET_VALID', 'the certificate is not yet valid; compare the clocks'],
  ['ERR_TLS_CERT_ALTNAME_INVALID', 'wrong name: the certificate is for another host'],
  ['DEPTH_ZERO_SELF_SIGNED_CERT', 'wrong CA: the certificate was not signed by the CA of this stack'],
  ['ECONNRESET', 'closed by the other side'],
  ['ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED', 'refused by the broker: a certificate is required'],
  ['ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED', 'refused by the broker: the certificate is revoked'],
];

describe('cause', () => {
  it.each(words)('says what %s means', (code, said) => {
    expect(cause(withCode(code))).toBe(said);
  });

  it('knows a silence by its message', () => {
    expect(cause(new Error('connack Timeout'))).toBe('timeout: no answer');
  });

  it('leaves everything else as it is', () => {
    expect(cause(withCode('EMFILE', 'too many open files'))).toBe('too many open files');
    expect(cause('a word')).toBe('a word');
  });

  it('tells a code from a number that is written the same', () => {
    expect(cause(withCode('135', 'another'))).toBe('another');
  });
});

describe('certificateRefusal', () => {
  it('is nothing but a word about the certificate', () => {
    expect(certificateRefusal(withCode('ERR_SSL_TLSV1_ALERT_UNKNOWN_CA'))).toMatch(/another authority/);
    for (const code of ['ECONNRESET', 'ECONNREFUSED', 135, 'CERT_HAS_EXPIRED']) {
      expect(certificateRefusal(withCode(code))).toBeUndefined();
    }
    expect(certificateRefusal(new Error('no code'))).toBeUndefined();
  });
});

describe('Refusal', () => {
  it('is by the broker only where the broker has said so', () => {
    expect([134, 135].map((code) => new Refusal('', withCode(code)).byBroker)).toEqual([true, true]);
    const others = [5, 136, '135', 'ECONNREFUSED', 'ECONNRESET'];
    expect(others.filter((code) => new Refusal('', withCode(code)).byBroker)).toEqual([]);
  });
});
