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

/** Says in words why a connection failed. */
export function cause(error: unknown): string {
  const { code, message } = error as { code?: string | number; message?: string };
  const known = causes.find(({ codes }) => code !== undefined && codes.includes(code));
  if (known !== undefined) return known.words;
  if (/timeout/i.test(message ?? '')) return 'timeout: no answer';
  return `${message ?? String(error)}`;
}
