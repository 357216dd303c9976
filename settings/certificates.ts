/** Certificates of a configuration: how they are made, and those that come from elsewhere. */

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Part } from '../certificates/conversion';
import { keyTypeOf } from '../certificates/facts';
import type { CheckedPair, GivenPair } from '../certificates/given';
import { isPem } from '../certificates/pem';
import type { GivenTerm } from '../certificates/timely';
import type { KeyType } from '../mosquitto/files';
import { quoted } from '../mosquitto/quoted';
import type { Config, KeyAlgorithm } from './schema';

/** Everything that a stack says of its certificates. */
export interface CertificateSettings {
  /** Of keys that are made from now on; a certificate authority keeps the one that it has. */
  keyAlgorithm: KeyAlgorithm;
  serverKeyType: KeyType;
  server: { validityHours: number; earlyRenewalHours: number };
  /** Hours; for authorities that are made from now on. */
  caValidityHours: number;
  /** Generation of the stack's own authority that signs; null where another one does. */
  caGeneration: number | null;
  /** Generations of the stack's own authority that bundles hold, the signing one first. */
  trustedCaGenerations: number[];
  /** Certificates of authorities that bundles hold as well, PEM each. */
  trustedCertificates: string[];
  /** An authority from elsewhere that signs the server's certificate. Secret. */
  givenAuthority: CheckedPair | null;
  /** A certificate of the server from elsewhere. Secret. */
  givenServer: CheckedPair | null;
  /** How long each certificate from elsewhere lasts: it is judged where one is delivered anew. */
  given: GivenTerm[];
  clients: {
    /** Generation of the authority that issues. */
    generation: number;
    /** Generations whose certificates are accepted, the issuing one first. */
    trustedGenerations: number[];
    validityHours: number;
  };
}

type Parts = readonly [certificate: Key, privateKey: Key, passphrase: Key];
type Key = 'caCertificate' | 'caPrivateKey' | 'caPrivateKeyPassphrase' | ServerKey;
type ServerKey = 'serverCertificate' | 'serverPrivateKey' | 'serverPrivateKeyPassphrase';

const authorityParts: Parts = ['caCertificate', 'caPrivateKey', 'caPrivateKeyPassphrase'];
const serverParts: Parts = ['serverCertificate', 'serverPrivateKey', 'serverPrivateKeyPassphrase'];

/**
 * Reads them.
 *
 * @param config what of the configuration is right key by key
 * @param folder that paths of files are relative to
 * @returns undefined settings where there are problems, or the configuration is not complete
 */
export function readCertificates(
  config: Partial<Config>,
  folder: string,
): { settings?: CertificateSettings; problems: string[] } {
  const problems: string[] = [];
  const trustedByPath = (config.trustedCertificates ?? []).flatMap((value, index) => {
    const path = `trustedCertificates[${index}]`;
    const text = read(value, path, 'certificate', folder, problems);
    if (text === undefined) return [];
    problems.push(
      ...given()
        .trustedProblems(text)
        .map((problem) => `${path}: ${problem}`),
    );
    return [{ path, certificates: given().certificatesIn(text) }];
  });
  const trusted = trustedByPath.flatMap(({ certificates }) => certificates);
  const hosts = [...(config.dnsNames ?? []), ...(config.ipAddresses ?? [])];
  const givenAuthority = pairOf(config, authorityParts, folder, problems, (pair) =>
    given().checkAuthority(pair, { trusted, hosts }),
  );
  const givenServer = pairOf(config, serverParts, folder, problems, (pair) =>
    given().checkServer(pair, { trusted, hosts }),
  );
  if (isGiven(config.caCertificate) && isGiven(config.serverCertificate)) {
    problems.push(
      'caCertificate: there is a "serverCertificate" already, so nothing is left to sign; remove one of them',
    );
  }
  if (problems.length > 0 || !isComplete(config)) return { problems };
  const signs = givenAuthority === null && givenServer === null;
  const keyType: KeyType = config.keyAlgorithm.startsWith('RSA') ? 'rsa' : 'ec';
  return {
    settings: {
      keyAlgorithm: config.keyAlgorithm,
      serverKeyType: givenServer === null ? keyType : keyTypeOfPem(givenServer.certificate),
      server: {
        validityHours: config.serverCertificateValidityHours,
        earlyRenewalHours: config.serverCertificateEarlyRenewalHours,
      },
      caValidityHours: config.caValidityHours,
      caGeneration: signs ? config.caGeneration : null,
      trustedCaGenerations: firstOf(signs ? [config.caGeneration] : [], config.trustedCaGenerations),
      trustedCertificates: trusted,
      givenAuthority,
      givenServer,
      given: [
        ...(givenAuthority === null ? [] : timely().givenTerms('caCertificate', givenAuthority, 'authority')),
        ...(givenServer === null ? [] : timely().givenTerms('serverCertificate', givenServer, 'server')),
        ...trustedByPath.flatMap(({ path, certificates }) => timely().trustedTerms(path, certificates)),
      ],
      clients: {
        generation: config.clientCaGeneration,
        trustedGenerations: firstOf([config.clientCaGeneration], config.trustedClientCaGenerations),
        validityHours: config.clientCertificateValidityHours,
      },
    },
    problems,
  };
}

function isComplete(config: Partial<Config>): config is Config {
  const needed: Array<keyof Config> = [
    'keyAlgorithm',
    'serverCertificateValidityHours',
    'serverCertificateEarlyRenewalHours',
    'caValidityHours',
    'caGeneration',
    'trustedCaGenerations',
    'clientCaGeneration',
    'trustedClientCaGenerations',
    'clientCertificateValidityHours',
  ];
  return needed.every((key) => config[key] !== undefined);
}

/** A certificate and its key, where they are given; both or none. */
function pairOf(
  config: Partial<Config>,
  [certificateKey, privateKeyKey, passphraseKey]: Parts,
  folder: string,
  problems: string[],
  check: (pair: GivenPair) => { pair?: CheckedPair | undefined; problems: string[] },
): CheckedPair | null {
  const [certificateValue = '', privateKeyValue = '', passphrase = ''] = [
    config[certificateKey],
    config[privateKeyKey],
    config[passphraseKey],
  ];
  if (passphrase !== '' && privateKeyValue === '') {
    problems.push(`${privateKeyKey}: is missing, and there is a "${passphraseKey}" for it; write both, or none`);
    return null;
  }
  if (certificateValue === '' && privateKeyValue === '') return null;
  if (certificateValue === '' || privateKeyValue === '') {
    const [there, missing] =
      certificateValue === '' ? [privateKeyKey, certificateKey] : [certificateKey, privateKeyKey];
    problems.push(`${missing}: is missing, and there is a "${there}"; write both, or none`);
    return null;
  }
  const certificate = read(certificateValue, certificateKey, 'certificate', folder, problems);
  const privateKey = read(privateKeyValue, privateKeyKey, 'privateKey', folder, problems);
  if (certificate === undefined || privateKey === undefined) return null;
  const { pair, problems: found } = check({ certificate, privateKey, passphrase });
  problems.push(
    ...found.map((problem) =>
      problem.startsWith('privateKey: ')
        ? `${privateKeyKey}: ${problem.slice('privateKey: '.length)}`
        : `${certificateKey}: ${problem.replace(/^certificate: /, '')}`,
    ),
  );
  return pair ?? null;
}

/** A value is PEM itself, or the path of a file with it. Undefined where it is of another form. */
function read(value: string, path: string, part: Part, folder: string, problems: string[]): string | undefined {
  const isText = isPem(value);
  const bytes = isText ? Buffer.from(value) : bytesOf(value, path, folder, problems);
  if (bytes === undefined) return undefined;
  const problem = encoding().encodingProblem(bytes, { part, file: isText ? undefined : value });
  if (problem === undefined) return bytes.toString('utf8');
  problems.push(`${path}: ${problem}`);
  return undefined;
}

function bytesOf(value: string, path: string, folder: string, problems: string[]): Buffer | undefined {
  try {
    return readFileSync(resolve(folder, value));
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // A key that was pasted without its first line must not be shown; none of its lines has an extension.
    const shown = /^[^\s=+]{1,200}\.[A-Za-z0-9]{1,5}$/.test(value) ? quoted(value) : 'the text';
    problems.push(`${path}: ${shown} is neither PEM nor a file that can be read (${code}); write the path of one`);
    return undefined;
  }
}

function isGiven(value: string | undefined): boolean {
  return value !== undefined && value !== '';
}

/** Each number once, some of them first. */
function firstOf(first: readonly number[], numbers: readonly number[]): number[] {
  return [...new Set([...first, ...[...numbers].sort((a, b) => a - b)])];
}

function keyTypeOfPem(certificate: string): KeyType {
  return keyTypeOf(createPublicKey(certificate));
}

// Loaded only where something is given: reading certificates takes longer to load than all the rest of the settings.

function given(): typeof import('../certificates/given') {
  return require('../certificates/given') as typeof import('../certificates/given');
}

function encoding(): typeof import('../certificates/encoding') {
  return require('../certificates/encoding') as typeof import('../certificates/encoding');
}

function timely(): typeof import('../certificates/timely') {
  return require('../certificates/timely') as typeof import('../certificates/timely');
}
