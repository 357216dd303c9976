/** Errors of connections that nobody waits for any more. */

/**
 * Lets this process outlive them: a refused handshake may end in more errors than one, and each that nobody hears would
 * end Node at once, with a rehearsal's container left behind. Whoever still waits for such a connection gives it up by
 * itself.
 */
export function outliveConnections(): void {
  process.on('uncaughtException', (error) => {
    if (isOfConnection(error)) return;
    process.stderr.write(`${error.stack}\n`, () => process.exit(1));
  });
}

/** Faults of a program have other codes, or none. */
export function isOfConnection(error: Error): boolean {
  const { code, syscall, library } = error as Error & Record<'code' | 'syscall' | 'library', unknown>;
  if (typeof code !== 'string') return false;
  if (typeof syscall === 'string') return /^(read|write|connect|shutdown)$/.test(syscall);
  // What OpenSSL says of a certificate stands alone.
  const words =
    /^(ECONN|EPIPE|EPROTO|ETIMEDOUT|ERR_SSL_|ERR_TLS_|ERR_OSSL_|HPE_|[A-Z_]*(CERT|VIOLATION|CRL|ISSUER)[A-Z_]*$)/;
  return library === 'SSL routines' || words.test(code);
}
