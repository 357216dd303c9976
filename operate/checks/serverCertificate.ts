/** What a TLS listener shows and accepts. */

import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { fingerprintOf } from '../../certificates/facts';
import { certificatesOf } from '../../certificates/pem';
import { daysLeft } from '../../certificates/terms';
import { namedBy } from '../../certificates/trust';
import type { CheckResult } from '../../mosquitto/result';
import type { Target, VerificationPlan } from '../../mosquitto/verificationPlan';
import { hostOf, identity, patience, streamTo } from '../client';
import { OutOfTime } from '../serverTime';
import { check, Disproved } from './check';

/** Checks of a TLS listener's certificate and of what it refuses. */
export function certificates(target: Target, plan: VerificationPlan): Promise<CheckResult>[] {
  return [
    ...plan.serverNames.map((name) =>
      check(`${target.name}: certificate is valid for ${name}`, () => certificate(target, plan, name)),
    ),
    ...rootsAlone(plan).map(({ name, pem }) =>
      check(`${target.name}: who trusts ${name} alone accepts the certificate`, () =>
        certificate(target, { ...plan, certificateAuthority: pem }, plan.serverNames[0] ?? ''),
      ),
    ),
    check(`${target.name}: shows the certificate of this stack`, () => own(target, plan)),
    check(`${target.name}: TLS 1.1 is refused`, () => oldTls(target, plan)),
    check(`${target.name}: a client without TLS is refused`, () => plainClient(target, plan)),
  ];
}

/** Each root that the certificate leads to, where there are several: a device may trust any of them alone. */
export function rootsAlone({ serverRoots = [], certificateAuthority, terms }: VerificationPlan) {
  const names = Object.fromEntries(Object.entries(terms).map(([name, { fingerprint }]) => [fingerprint, name]));
  const pems = new Map(certificatesOf(certificateAuthority).map((pem) => [fingerprintOf(pem), pem]));
  return serverRoots.flatMap((fingerprint) => {
    const pem = pems.get(fingerprint);
    return pem === undefined ? [] : [{ name: namedBy(names)(fingerprint), pem }];
  });
}

/** A broker that goes on with a certificate from before has not taken the new one over. */
async function own(target: Target, plan: VerificationPlan): Promise<string> {
  // What is shown is compared itself; whether clients accept it is asked by the other checks.
  const socket = await handshake(target, plan, { ...identity(plan.serverNames[0] ?? ''), rejectUnauthorized: false });
  const shown = socket.getPeerX509Certificate();
  socket.destroy();
  if (shown === undefined) throw new Disproved('no certificate was shown');
  const serial = `serial ${shown.serialNumber}`;
  if (fingerprintOf(shown) !== plan.serverFingerprint) throw new Disproved(`another one is shown, ${serial}`);
  return serial;
}

/** Checks that no certificate has run out, and says how long each lasts. */
export function lasting({ terms }: VerificationPlan): Promise<CheckResult>[] {
  return Object.entries(terms).map(([name, term]) =>
    check(`certificate ${name} is valid`, async () => {
      const now = Date.now();
      if (Date.parse(term.notAfter) <= now) throw new OutOfTime(`has expired at ${term.notAfter}`);
      if (Date.parse(term.notBefore) > now) throw new OutOfTime(`begins at ${term.notBefore}; compare the clocks`);
      return `${daysLeft(term, now)} days left`;
    }),
  );
}

async function certificate(target: Target, plan: VerificationPlan, name: string): Promise<string> {
  const socket = await handshake(target, plan, {
    ca: plan.certificateAuthority,
    ...identity(name),
  });
  const certificate = socket.getPeerX509Certificate();
  const protocol = socket.getProtocol();
  socket.destroy();
  if (certificate === undefined) throw new Disproved('no certificate was shown');
  const left = daysLeft({ notAfter: certificate.validTo }, Date.now());
  return `${protocol}, serial ${certificate.serialNumber}, ${left} days left`;
}

/** OpenSSL offers TLS 1.1 at security level 0 only; the refusal must be the broker's own, not ours. */
async function oldTls(target: Target, plan: VerificationPlan): Promise<string> {
  try {
    const socket = await handshake(target, plan, {
      ca: plan.certificateAuthority,
      rejectUnauthorized: false,
      minVersion: 'TLSv1',
      maxVersion: 'TLSv1.1',
      ciphers: 'DEFAULT@SECLEVEL=0',
    });
    socket.destroy();
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_SSL_TLSV1_ALERT_PROTOCOL_VERSION') return 'protocol version refused';
    throw error;
  }
  throw new Disproved('was accepted');
}

/** Sends a CONNECT packet of MQTT 3.1.1 without TLS: the listener must hang up and say nothing of MQTT. */
async function plainClient(target: Target, plan: VerificationPlan): Promise<string> {
  const packet = Buffer.from('101000044d5154540402003c000461697069', 'hex');
  const socket = await streamTo(target, plan);
  return new Promise<string>((resolve, reject) => {
    const fail = (error: Error) => {
      socket.destroy();
      reject(error);
    };
    socket.write(packet);
    const timer = setTimeout(() => fail(new Disproved('the connection was left open')), patience);
    socket.once('close', () => clearTimeout(timer));
    socket.on('data', (data) => {
      if (data[0] === 0x20) fail(new Disproved('answered as MQTT without TLS'));
    });
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') resolve('closed');
      else fail(error);
    });
    socket.once('close', () => resolve('closed'));
  });
}

export async function handshake(
  target: Target,
  plan: VerificationPlan,
  options: ConnectionOptions,
): Promise<TLSSocket> {
  const host = await hostOf(target, plan);
  const place = host === undefined ? { socket: await streamTo(target, plan) } : { host, port: target.port };
  return new Promise((resolve, reject) => {
    const socket = connect({ ...options, ...place }, () => resolve(socket));
    socket.setTimeout(patience, () => socket.destroy(new Error('timeout')));
    socket.on('error', reject);
  });
}
