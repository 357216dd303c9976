/** Errors of connections, in words that say what to do. */

const causes: ReadonlyArray<{ codes: ReadonlyArray<string | number>; words: string }> = [
  { codes: [4, 5, 134, 135], words: 'refused by the broker: user or password is not accepted' },
  { codes: ['ECONNREFUSED'], words: 'refused: nothing listens there' },
  { codes: ['ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH'], words: 'timeout: no answer' },
  { codes: ['CERT_HAS_EXPIRED'], words: 'expired: the certificate is no longer valid' },
  { codes: ['CERT_NOT_YET_VALID'], words: 'the certificate is not yet valid; compare the clocks' },
  { codes: ['ERR_TLS_CERT_ALTNAME_INVALID'], words: 'wrong name: the certificate is for another host' },
  {
    codes: [
      'SELF_SIGNED_CERT_IN_CHAIN',
      'DEPTH_ZERO_SELF_SIGNED_CERT',
      'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
      'UNABLE_TO_GET_ISSUER_CERT',
      'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
      'CERT_SIGNATURE_FAILURE',
    ],
    words: 'wrong CA: the certificate was not signed by the CA of this stack',
  },
  { codes: ['ECONNRESET', 'EPIPE'], words: 'closed by the other side' },
];

const certificateRefusals: Readonly<Record<string, string>> = {
  ERR_SSL_TLSV13_ALERT_CERTIFICATE_REQUIRED: 'refused by the broker: a certificate is required',
  ERR_SSL_TLSV1_ALERT_UNKNOWN_CA: 'refused by the broker: the certificate is of another authority',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_REVOKED: 'refused by the broker: the certificate is revoked',
  ERR_SSL_SSLV3_ALERT_CERTIFICATE_EXPIRED: 'refused by the broker: the certificate has expired',
  ERR_SSL_SSLV3_ALERT_BAD_CERTIFICATE: 'refused by the broker: the certificate is not acceptable',
};

/** Why the broker refused the certificate of a client; undefined where that was not the reason. */
export function certificateRefusal(error: unknown): string | undefined {
  const { code } = error as { code?: unknown };
  return typeof code === 'string' ? certificateRefusals[code] : undefined;
}

/** Says in words why a connection failed. */
export function cause(error: unknown): string {
  const { code, message } = error as { code?: string | number; message?: string };
  const known = causes.find(({ codes }) => code !== undefined && codes.includes(code));
  if (known !== undefined) return known.words;
  const refusal = certificateRefusal(error);
  if (refusal !== undefined) return refusal;
  if (/timeout/i.test(message ?? '')) return 'timeout: no answer';
  return `${message ?? String(error)}`;
}
