/** Whether a Docker engine answers at its address. */

import { connect } from 'node:net';
import { unquoted } from '../mosquitto/quoted';
import { addressOf, answeredVariable, type DockerAddress } from './dockerAddress';
import { SshFailure } from './sshProblem';

/** An engine on this machine or in its network answers in milliseconds; `ssh` needs a few seconds. */
const patienceSeconds = { ssh: 20, others: 5 } as const;

/**
 * @param dockerHost that of the stack; undefined for that of the environment, else the socket of the system
 * @returns the engine that answered
 * @throws Error in one sentence, with the remedy
 */
export async function mustAnswer(dockerHost: string | undefined): Promise<DockerAddress> {
  const address = addressOf(dockerHost);
  // A machine that is far away is not asked twice.
  if (address.host.startsWith('ssh:') && process.env[answeredVariable] === address.host) return address;
  const error = await refusal(address);
  if (error === undefined) return address;
  throw new Error(refusalWords(address, error));
}

/** What is said of an engine that does not answer. */
export function refusalWords(address: DockerAddress, error: unknown): string {
  const { host, by } = address;
  const reason = reasonOf(error, address);
  // It names a remedy of its own.
  if (error instanceof SshFailure) return `Docker does not answer at ${unquoted(host)}: ${reason}`;
  return `Docker does not answer at ${unquoted(host)} (${reason}); start it there, or correct ${by ?? 'DOCKER_HOST'}`;
}

/** How long an engine is given for an answer, in milliseconds. */
export function patienceFor({ host }: DockerAddress): number {
  return 1_000 * (host.startsWith('ssh:') ? patienceSeconds.ssh : patienceSeconds.others);
}

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'no such socket',
  ENOTFOUND: 'no such host name',
  DEPTH_ZERO_SELF_SIGNED_CERT: 'its certificate is not of the authority in ca.pem',
  SELF_SIGNED_CERT_IN_CHAIN: 'its certificate is not of the authority in ca.pem',
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: 'its certificate is not of the authority in ca.pem',
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: 'its certificate is not of the authority in ca.pem',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  ERR_OSSL_X509_KEY_VALUES_MISMATCH: 'cert.pem and key.pem do not belong together',
  EPROTO: 'it does not speak TLS, or not with these certificates',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  HPE_INVALID_CONSTANT: 'what answers there is not Docker',
};

const wantsTls =
  'it wants TLS: choose a Docker context with its certificates, or set DOCKER_TLS_VERIFY=1 and DOCKER_CERT_PATH';

/** An error of a client of Docker, in words. */
export function reasonOf(error: unknown, address: DockerAddress): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const isTcp = /^(tcp|http):/.test(address.host);
  if (code === 'ABORT_ERR') return `no answer within ${patienceFor(address) / 1_000} s`;
  if (isTcp && address.certificates === undefined) {
    if (/HTTP request to an HTTPS server/i.test(message)) return wantsTls;
    if (code === 'ECONNRESET') return `it hangs up; if ${wantsTls}`;
  }
  if (code === 'ECONNRESET' && isTcp) return 'it hangs up; it does not take the certificate in cert.pem';
  if (/alert/i.test(message) && isTcp) return 'it does not take the certificate in cert.pem';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return 'its certificate is for another name';
  const { statusCode } = error as { statusCode?: number };
  // A page of a web server is not to be shown.
  if (statusCode !== undefined && /<[!\w]/.test(message))
    return `what answers there is not Docker, HTTP code ${statusCode}`;
  return words[code] ?? message.trim();
}

/** By plain means where these tell: to load a client of Docker takes longer than to connect. */
async function refusal(address: DockerAddress): Promise<unknown> {
  if (address.host.startsWith('npipe:')) return undefined;
  if (address.certificates !== undefined || address.host.startsWith('ssh:')) return refusalToClient(address);
  return refusalToConnect(address);
}

async function refusalToClient(address: DockerAddress): Promise<unknown> {
  const { clientOf } = await import('./dockerClient');
  try {
    // dockerode takes a signal here, its type declarations do not say so.
    const client = clientOf(address) as unknown as { version(options: object): Promise<unknown> };
    await client.version({ abortSignal: AbortSignal.timeout(patienceFor(address)) });
    return undefined;
  } catch (error) {
    return error;
  }
}

function placeOf(address: string): { path: string } | { host: string; port: number } {
  if (address.startsWith('unix://')) return { path: address.slice('unix://'.length) };
  const { hostname, port } = new URL(address.replace(/^tcp:/, 'http:'));
  return { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || 80) };
}

function refusalToConnect(address: DockerAddress): Promise<unknown> {
  return new Promise((resolve) => {
    const socket = connect({ ...placeOf(address.host), timeout: patienceFor(address) });
    const end = (error?: unknown) => {
      socket.destroy();
      resolve(error);
    };
    socket.once('connect', () => end());
    socket.once('timeout', () => end({ code: 'ABORT_ERR', message: '' }));
    socket.once('error', end);
  });
}
