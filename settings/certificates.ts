/** Certificates of a configuration: how they are made, and those that come from elsewhere. */

import { createPublicKey } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { Part } from '../certificates/conversion';
import { keyTypeOf } from '../certificates/facts';
import type { CheckedCertificate, CheckedPair, GivenUse, Surroundings } from '../certificates/given';
import { isPem } from '../certificates/pem';
import type { GivenTerm } from '../certificates/timely';
import type { KeyType } from '../mosquitto/files';
import { quoted } from '../mosquitto/quoted';
import type { Config, KeyAlgorithm } from './schema';

/**
 * Everything that a stack says of its certificates.
 *
 * @typeParam Pair what is known of those from elsewhere: where their keys are not at hand, nothing can be deployed
 */
export interface CertificateSettings<Pair extends CheckedCertificate = CheckedPair> {
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
  givenAuthority: Pair | null;
  /** A certificate of the server from elsewhere. Secret. */
  givenServer: Pair | null;
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

const allParts: Record<GivenUse, Parts> = {
  authority: ['caCertificate', 'caPrivateKey', 'caPrivateKeyPassphrase'],
  server: ['serverCertificate', 'serverPrivateKey', 'serverPrivateKeyPassphrase'],
};

/** Keys of a configuration whose values certificates can be checked without. */
export const privateKeys: readonly string[] = Object.values(allParts).flatMap(([, ...parts]) => parts);

interface Read<Pair extends CheckedCertificate> {
  /** Undefined where there are problems, or the configuration is not complete. */
  settings?: CertificateSettings<Pair>;
  problems: string[];
}

/** Reads one of those from elsewhere, and adds what is wrong with it to the problems. */
type Reader<Pair> = (use: GivenUse, surroundings: Surroundings, problems: string[]) => Pair | null;

/**
 * Reads them.
 *
 * @param config what of the configuration is right key by key
 * @param folder that paths of files are relative to
 */
export function readCertificates(config: Partial<Config>, folder: string): Read<CheckedPair> {
  return readWith(config, folder, (use, surroundings, problems) => pairOf(config, use, folder, surroundings, problems));
}

/**
 * Reads them where private keys may not be at hand. Where one is, it is checked, too, and not given out.
 *
 * @param withheld keys of the configuration that have a value which is not at hand
 */
export function readCertificatesAlone(
  config: Partial<Config>,
  folder: string,
  withheld: ReadonlySet<string>,
): Read<CheckedCertificate> {
  return readWith(config, folder, (use, surroundings, problems): CheckedCertificate | null => {
    const [certificateKey, ...keys] = allParts[use];
    if (!keys.some((key) => withheld.has(key))) {
      const pair = pairOf(config, use, folder, surroundings, problems);
      if (pair === null) return null;
      const { privateKey: _, ...certificate } = pair;
      return certificate;
    }
    if (!isWhole(config, use, problems, withheld)) return null;
    const text = read(config[certificateKey] ?? '', certificateKey, 'certificate', folder, problems);
    if (text === undefined) return null;
    const { certificate, problems: found } = given().checkCertificate(text, surroundings, use);
    problems.push(...found.map((problem) => withKey(problem, use)));
    return certificate ?? null;
  });
}

function readWith<Pair extends CheckedCertificate>(
  config: Partial<Config>,
  folder: string,
  reader: Reader<Pair>,
): Read<Pair> {
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
  const givenAuthority = reader('authority', { trusted, hosts }, problems);
  const givenServer = reader('server', { trusted, hosts }, problems);
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

/** A certificate and its key, where they are given. */
function pairOf(
  config: Partial<Config>,
  use: GivenUse,
  folder: string,
  surroundings: Surroundings,
  problems: string[],
): CheckedPair | null {
  if (!isWhole(config, use, problems)) return null;
  const [certificateKey, privateKeyKey, passphraseKey] = allParts[use];
  const certificate = read(config[certificateKey] ?? '', certificateKey, 'certificate', folder, problems);
  const privateKey = read(config[privateKeyKey] ?? '', privateKeyKey, 'privateKey', folder, problems);
  if (certificate === undefined || privateKey === undefined) return null;
  const check = use === 'authority' ? given().checkAuthority : given().checkServer;
  const pair = { certificate, privateKey, passphrase: config[passphraseKey] ?? '' };
  const { pair: checked, problems: found } = check(pair, surroundings);
  problems.push(...found.map((problem) => withKey(problem, use)));
  return checked ?? null;
}

/** Whether a certificate and its key are given; both or none. */
function isWhole(
  config: Partial<Config>,
  use: GivenUse,
  problems: string[],
  withheld: ReadonlySet<string> = new Set(),
): boolean {
  const [certificateKey, privateKeyKey, passphraseKey] = allParts[use];
  const has = (key: Key) => withheld.has(key) || isGiven(config[key]);
  if (has(passphraseKey) && !has(privateKeyKey)) {
    problems.push(`${privateKeyKey}: is missing, and there is a "${passphraseKey}" for it; write both, or none`);
    return false;
  }
  if (has(certificateKey) === has(privateKeyKey)) return has(certificateKey);
  const [there, missing] = has(privateKeyKey) ? [privateKeyKey, certificateKey] : [certificateKey, privateKeyKey];
  problems.push(`${missing}: is missing, and there is a "${there}"; write both, or none`);
  return false;
}

/** A problem of a pair, under the key of the configuration that it is about. */
function withKey(problem: string, use: GivenUse): string {
  const [certificateKey, privateKeyKey] = allParts[use];
  return problem.startsWith('privateKey: ')
    ? `${privateKeyKey}: ${problem.slice('privateKey: '.length)}`
    : `${certificateKey}: ${problem.replace(/^certificate: /, '')}`;
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
