/** Reads a set of broker files as Mosquitto will, and says what is wrong before it does. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import { parseAcl } from './acl';
import { parseConfiguration } from './configuration';
import { type BrokerFiles, fileNameIn, fileNames, keyTypes, type ServerFileNames, serverFileNames } from './files';
import { parsePasswords } from './passwords';

/**
 * Every problem in the files, each in one sentence without a secret in it.
 *
 * The broker's own `--test-config` accepts all of them: a missing file, a broken ACL line, a key that belongs to
 * another certificate. At a reload the first ones end the broker and the last one locks every new client out.
 */
export function fileProblems(files: BrokerFiles): string[] {
  return [
    ...referenceProblems(files),
    ...[fileNames.passwords, fileNames.devicePasswords].flatMap((name) => parserProblems(parsePasswords, files[name])),
    ...[fileNames.acl, fileNames.deviceAcl].flatMap((name) => parserProblems(parseAcl, files[name])),
    ...certificateProblems(files),
  ];
}

/** Files that the configuration names and that are not there. */
function referenceProblems(files: BrokerFiles): string[] {
  const configuration = files[fileNames.configuration];
  if (configuration === undefined) return [`${fileNames.configuration} is missing`];
  return parseConfiguration(configuration)
    .map(({ option, value }) => ({ option, name: fileNameIn(value) }))
    .filter(({ name }) => name !== undefined && files[name] === undefined)
    .map(({ option, name }) => `${fileNames.configuration} names ${name} at "${option}", and there is no such file`);
}

/** A file that is missing is found by what refers to it. */
function parserProblems(parse: (text: string) => unknown, text: string | undefined): string[] {
  if (text === undefined) return [];
  try {
    parse(text);
    return [];
  } catch (error) {
    return [(error as Error).message];
  }
}

function certificateProblems(files: BrokerFiles): string[] {
  return keyTypes.flatMap((keyType) => pairProblems(files, serverFileNames(keyType)));
}

function pairProblems(files: BrokerFiles, names: ServerFileNames): string[] {
  const certificate = files[names.certificate];
  const privateKey = files[names.privateKey];
  if (certificate === undefined && privateKey === undefined) return [];
  try {
    const matching = new X509Certificate(certificate ?? '').checkPrivateKey(createPrivateKey(privateKey ?? ''));
    return matching
      ? []
      : ['server certificate: the private key belongs to another certificate; deliver both together'];
  } catch {
    return ['server certificate: certificate or private key is not valid PEM; renew both'];
  }
}
