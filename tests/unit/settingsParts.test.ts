/** The settings by their readers: each part holds what its reader needs, and the keys of certificates stand in one. */

import { defaultsOf } from '../../mosquitto/configKey';
import { limitKeys } from '../../mosquitto/limits';
import { loggingKeys } from '../../mosquitto/logging';
import { persistenceKeys } from '../../mosquitto/persistence';
import { cleanUp, issue, newRoot, openssl, serverExtensions } from './openssl';
import { settingsOf } from './rawConfig';

const passphrase = 'open sesame';

afterAll(cleanUp);

/** Every text below a value, with its path. */
function texts(value: unknown, path = ''): [path: string, text: string][] {
  if (typeof value === 'string') return [[path, value]];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, inner]) => texts(inner, `${path}.${key}`));
}

/** The lines of a PEM text that are its content. */
function content(pem: string): string[] {
  return pem.split('\n').filter((line) => line.length > 0 && !line.startsWith('-----') && !line.includes(': '));
}

function places(settings: object, needles: readonly string[]): string[] {
  return texts(settings).flatMap(([path, text]) => (needles.some((needle) => text.includes(needle)) ? [path] : []));
}

describe('a private key from elsewhere', () => {
  it('of an authority stands in its own place in the certificates, and nowhere else', () => {
    const root = newRoot();
    const settings = settingsOf({ caCertificate: root.certificate, caPrivateKey: root.privateKey });
    expect(places(settings, content(root.privateKey))).toEqual(['.certificates.givenAuthority.privateKey']);
  });

  it('of a server stands in its own place in the certificates, and nowhere else, without its passphrase', () => {
    const root = newRoot();
    const server = issue({ subject: '/CN=server', extensions: serverExtensions, issuer: root });
    const locked = openssl(['pkey', '-aes256', '-passout', `pass:${passphrase}`], server.privateKey);
    const settings = settingsOf({
      dnsNames: ['broker.example'],
      serverCertificate: server.certificate,
      serverPrivateKey: locked,
      serverPrivateKeyPassphrase: passphrase,
      trustedCertificates: [root.certificate],
    });
    const needles = [...content(server.privateKey), ...content(locked), passphrase];
    expect(places(settings, needles)).toEqual(['.certificates.givenServer.privateKey']);
  });
});

describe('the settings', () => {
  const settings = settingsOf();

  it('of the limits hold the limits alone', () => {
    expect(settings.limits).toEqual(defaultsOf(limitKeys));
  });

  it('of the persistence hold the persistence alone', () => {
    expect(settings.persistence).toEqual({ persistence: true, ...defaultsOf(persistenceKeys) });
  });

  it('of the log hold the log alone', () => {
    expect(settings.logging).toEqual({ ...defaultsOf(loggingKeys), maxSizeMebibytes: 10, maxFiles: 5 });
  });
});
