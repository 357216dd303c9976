/** The certificate that a listener serves, as whoever connects now sees it. */

import { X509Certificate } from 'node:crypto';
import { connect, type TLSSocket } from 'node:tls';
import type { ExporterSettings, WatchedListener } from '../watching/exporterSettings';
import { tlsOptions } from './client';

export interface Served {
  /** ISO 8601. */
  notAfter: string;
  /** SHA-256, in hex. */
  fingerprint: string;
}

/** Each look is two lines of the broker's log. */
export const lookEveryMilliseconds = 15 * 60_000;
const patienceMilliseconds = 2_000;

/**
 * Looks at it by a handshake. One that cannot be trusted is looked at all the same: it is what others are served.
 *
 * @returns undefined where there is no answer
 */
export function servedBy(listener: WatchedListener, settings: ExporterSettings): Promise<Served | undefined> {
  return new Promise((resolve) => {
    const socket: TLSSocket = connect({
      host: settings.container,
      port: listener.port,
      ...tlsOptions(listener, settings),
      rejectUnauthorized: false,
      timeout: patienceMilliseconds,
    });
    const end = (served?: Served) => {
      // With a goodbye: without one the broker logs an error.
      socket.end(() => socket.destroy());
      resolve(served);
    };
    socket.once('secureConnect', () => {
      const { raw } = socket.getPeerCertificate();
      if (raw === undefined) return end();
      const certificate = new X509Certificate(raw);
      end({
        notAfter: new Date(certificate.validTo).toISOString(),
        fingerprint: certificate.fingerprint256.replaceAll(':', '').toLowerCase(),
      });
    });
    socket.once('timeout', () => end()).once('error', () => end());
  });
}
