/**
 * A server whose certificate has run out: whoever proves or changes something there still gets in, where it shows the
 * very certificate of the stack. Anybody else in its place is shown nothing.
 */

import { randomBytes, webcrypto } from 'node:crypto';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { fingerprintOf } from '../../certificates/facts';
import { x509 } from '../../certificates/library';
import type { Target, VerificationPlan } from '../../mosquitto/verificationPlan';
import { check } from '../../operate/checks/check';
import { lasting } from '../../operate/checks/serverCertificate';
import { hangUp, networkDial } from '../../operate/client';

const host = 'broker.example';
const hour = 3_600_000;
const servers: Server[] = [];

afterAll(() => {
  for (const server of servers) server.close();
});

type Pair = { certificate: string; privateKey: string };

/** A root that is its own server, from one moment to another. */
async function identityFor(from: number, to: number): Promise<Pair> {
  const { X509CertificateGenerator, SubjectAlternativeNameExtension, PemConverter } = x509();
  const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
  const keys = (await webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify'])) as CryptoKeyPair;
  const certificate = await X509CertificateGenerator.createSelfSigned({
    serialNumber: randomBytes(8).toString('hex').replace(/^./, '1'),
    name: 'CN=broker',
    notBefore: new Date(Date.now() + from),
    notAfter: new Date(Date.now() + to),
    signingAlgorithm: algorithm,
    keys,
    extensions: [new SubjectAlternativeNameExtension([{ type: 'dns', value: host }])],
  });
  const key = await webcrypto.subtle.exportKey('pkcs8', keys.privateKey);
  return { certificate: certificate.toString('pem'), privateKey: PemConverter.encode(key, 'PRIVATE KEY') };
}

/** Answers each CONNECT with yes, and keeps what it was told. */
async function brokerWith({ certificate, privateKey }: Pair): Promise<{ port: number; heard: Buffer[] }> {
  const heard: Buffer[] = [];
  const server = createServer({ cert: certificate, key: privateKey }, (socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      heard.push(data);
      if (data[0] === 0x10) socket.write(Buffer.from('2003000000', 'hex'));
    });
  });
  servers.push(server);
  server.on('tlsClientError', () => {});
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return { port: (server.address() as AddressInfo).port, heard };
}

function planFor(certificateAuthority: string, serverFingerprint: string): VerificationPlan {
  return { certificateAuthority, serverFingerprint, serverNames: [host], dockerHost: null } as VerificationPlan;
}

function dial(port: number, plan: VerificationPlan) {
  const target = { name: 'mqtts', scheme: 'mqtts', clients: 'accounts', address: '127.0.0.1', port } as Target;
  return networkDial(target, plan)({ username: 'me', password: 'a password that nobody else may hear' });
}

it.each([
  ['has expired', -2 * hour, -hour],
  ['has not begun', hour, 2 * hour],
  ['is in time', -hour, hour],
])('the own certificate that %s lets verification in', async (_, from, to) => {
  const own = await identityFor(from, to);
  const { port } = await brokerWith(own);
  hangUp(await dial(port, planFor(own.certificate, fingerprintOf(own.certificate))));
});

it('another certificate that has expired does not, and is told no password', async () => {
  const own = await identityFor(-2 * hour, -hour);
  const other = await identityFor(-2 * hour, -hour);
  const { port, heard } = await brokerWith(other);
  const both = own.certificate + other.certificate;
  await expect(dial(port, planFor(both, fingerprintOf(own.certificate)))).rejects.toThrow('expired');
  await expect(dial(port, planFor(own.certificate, fingerprintOf(own.certificate)))).rejects.toThrow();
  expect(heard).toEqual([]);
});

it('a check that failed for the time alone says so', async () => {
  const expired = await identityFor(-2 * hour, -hour);
  const terms = {
    server: { fingerprint: 'ab', notBefore: '2020-01-01T00:00:00.000Z', notAfter: '2020-02-01T00:00:00.000Z' },
    ca: { fingerprint: 'cd', notBefore: '2020-01-01T00:00:00.000Z', notAfter: '2099-01-01T00:00:00.000Z' },
  };
  const plan = { ...planFor(expired.certificate, ''), terms };
  const [server, ca] = await Promise.all(lasting(plan));
  expect(server).toMatchObject({ ok: false, ofTime: true });
  expect(ca).toMatchObject({ ok: true });
  expect(ca).not.toHaveProperty('ofTime');
  expect(await check('x', () => Promise.reject(new Error('another')))).not.toHaveProperty('ofTime');
});
