/** What a stack file says of access: who may do what, and on which line it stands. Nothing secret is read. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { type AccessModel, accessModel } from '../../access/model';
import { unquoted } from '../../mosquitto/quoted';
import { projectDefaults } from '../../settings/projectFile';
import { isEncrypted, readStackFile } from '../../settings/stackFile';
import { home, projectFolder } from '../../setup/home';
import { type Decrypt, existingValues } from './stack';
import { type StackFile, settingsOf, stackFile } from './stackFile';
import { type Place, placeIn } from './writtenPlace';

export interface WrittenAccess {
  model: AccessModel;
  /** Name of the file, such as `Pulumi.prod.yaml`. */
  file: string;
  /** Where a value stands, such as `accounts[1].topics[2]`; undefined where no file says. */
  placeOf(path: string): Place | undefined;
}

/** All that says who may do what, and what its checks need besides. */
const ofAccess = [
  'accounts',
  'roles',
  'devices',
  'devicesFile',
  'listeners',
  'firewall',
  'network',
  'dnsNames',
  'ipAddresses',
];

/**
 * Reads it from the stack file alone: everything else, such as a private key, is not looked at. Only where access itself is
 * encrypted, or an environment may say it, the engine is asked.
 *
 * @throws Error where there is no such file, or SettingsError with every problem of it
 */
export async function writtenAccess(
  stack: string,
  { source = projectFolder, decrypt = existingValues }: { source?: string; decrypt?: Decrypt } = {},
): Promise<WrittenAccess> {
  const file = stackFile(home(), stack, { source });
  const [own, ofProject] = [`Pulumi.${stack}.yaml`, 'Pulumi.yaml'].map((name) => readFileSync(join(source, name)));
  if (own === undefined || ofProject === undefined) throw new Error('the configuration cannot be read');
  const name = `Pulumi.${unquoted(stack)}.yaml`;
  const values = accessValues(file, projectDefaults(ofProject).defaults);
  const { environment } = readStackFile(own, name, file.project);
  const plain = { ...file, values, isForEngine: environment !== undefined || isEncrypted(values) };
  const settings = settingsOf(plain, stack) ?? settingsOf(plain, stack, ofAccessIn(file, await decrypt(stack, file)));
  if (settings === undefined) throw new Error('the configuration cannot be read');
  const texts = [
    { file: name, text: own.toString('utf8'), isDefault: false },
    { file: 'Pulumi.yaml', text: ofProject.toString('utf8'), isDefault: true },
  ];
  return { model: accessModel(settings), file: name, placeOf: (path) => placeIn(texts, file.project, path) };
}

/** The values that say it, with the defaults of all other keys; what is no key stays, to be refused. */
function accessValues(file: StackFile, defaults: Record<string, unknown>): Record<string, unknown> {
  const other = Object.keys(defaults).filter((key) => !isOfAccess(key, file.project));
  return { ...file.values, ...Object.fromEntries(other.map((key) => [key, defaults[key]])) };
}

function isOfAccess(key: string, project: string): boolean {
  return ofAccess.some((each) => key === `${project}:${each}`);
}

function ofAccessIn({ project }: StackFile, values: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(values).filter(([key]) => isOfAccess(key, project)));
}
