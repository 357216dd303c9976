/** Whether a Docker engine answers at its address. */

import { connect } from 'node:net';
import { join } from 'node:path';
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
  const { host } = address;
  const reason = reasonOf(error, address);
  // It names a remedy of its own.
  if (error instanceof SshFailure) return `Docker does not answer at ${unquoted(host)}: ${reason}`;
  return `Docker does not answer at ${unquoted(host)} (${reason}); ${remedyFor(error, address)}`;
}

/** Those of certificates have remedies of their own: the engine is there, and where it is is right. */
function remedyFor(error: unknown, { host, by = 'DOCKER_HOST', certificates }: DockerAddress): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  if (certificates === undefined) {
    return isWithoutTls(code, message, host)
      ? 'choose a Docker context with its certificates, or set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem'
      : `start it there, or correct ${by}`;
  }
  const orElse = `or correct ${/^the Docker context /.test(by) ? by : 'DOCKER_CERT_PATH'}`;
  if (notOfAuthority.includes(code)) return `put the ca.pem of that engine there, ${orElse}`;
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return `put a pair there, ${orElse}`;
  if (code === 'CERT_HAS_EXPIRED') return 'renew it there';
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return `write a name that it is for into ${by}, or give that engine one for this name`;
  }
  if (isOfClient(code, message))
    return `put one there that the authority of that engine has signed, with its key.pem, ${orElse}`;
  return speaksNoTls.includes(code)
    ? `start it there with --tlsverify, or correct ${by}`
    : `start it there, or correct ${by}`;
}

/** How long an engine is given for an answer, in milliseconds. */
export function patienceFor({ host }: DockerAddress): number {
  return 1_000 * (host.startsWith('ssh:') ? patienceSeconds.ssh : patienceSeconds.others);
}

/** Of what a certificate does not lead to. */
const notOfAuthority = [
  'DEPTH_ZERO_SELF_SIGNED_CERT',
  'SELF_SIGNED_CERT_IN_CHAIN',
  'UNABLE_TO_GET_ISSUER_CERT_LOCALLY',
  'UNABLE_TO_VERIFY_LEAF_SIGNATURE',
];

const speaksNoTls = ['EPROTO', 'ERR_SSL_WRONG_VERSION_NUMBER'];

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'no such socket',
  ENOTFOUND: 'no such host name',
  CERT_HAS_EXPIRED: 'its certificate has expired',
  EPROTO: 'it does not speak TLS, or not with these certificates',
  ERR_SSL_WRONG_VERSION_NUMBER: 'it does not speak TLS',
  HPE_INVALID_CONSTANT: 'what answers there is not Docker',
};

const tcp = /^(tcp|https?):/;

/** Whether an engine may be one that is asked in plain text, and wants TLS. */
function isWithoutTls(code: string, message: string, host: string): boolean {
  return tcp.test(host) && (code === 'ECONNRESET' || isPlainToTls(message));
}

function isPlainToTls(message: string): boolean {
  return /HTTP request to an HTTPS server/i.test(message);
}

function isOfClient(code: string, message: string): boolean {
  return code === 'ECONNRESET' || /alert/i.test(message);
}

/** An error of a client of Docker, in words. */
export function reasonOf(error: unknown, address: DockerAddress): string {
  const { code = '', message } = error as NodeJS.ErrnoException;
  const { host, certificates = '' } = address;
  if (code === 'ABORT_ERR') return `no answer within ${patienceFor(address) / 1_000} s`;
  if (certificates === '' && isWithoutTls(code, message, host)) {
    return isPlainToTls(message) ? 'it wants TLS' : 'it hangs up, as one does that wants TLS';
  }
  const file = (name: string) => join(certificates, name);
  if (notOfAuthority.includes(code)) return `its certificate is not of the authority in ${file('ca.pem')}`;
  if (code === 'ERR_OSSL_X509_KEY_VALUES_MISMATCH') return `${file('cert.pem')} and key.pem do not belong together`;
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') return namesWords(error);
  if (certificates !== '' && isOfClient(code, message)) {
    return `it ${code === 'ECONNRESET' ? 'hangs up, as one does that does' : 'does'} not take the certificate in ${file('cert.pem')}`;
  }
  const { statusCode } = error as { statusCode?: number };
  // A page of a web server is not to be shown.
  if (statusCode !== undefined && /<[!\w]/.test(message))
    return `what answers there is not Docker, HTTP code ${statusCode}`;
  return words[code] ?? message.trim();
}

/** Source: checkServerIdentity in Node's documentation of tls. */
function namesWords(error: unknown): string {
  const { cert, host } = error as { cert?: { subjectaltname?: string }; host?: string };
  const names = cert?.subjectaltname?.replace(/\b(DNS|IP Address):/g, '');
  return names === undefined || host === undefined
    ? 'its certificate is for another name'
    : `its certificate is for ${names}, and not for ${host}`;
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
