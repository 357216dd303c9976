/** What other hands have done to the files of a broker. */

import { formatRule, parseAcl, type UserAcl } from '../mosquitto/acl';
import { parseConfiguration } from '../mosquitto/configuration';
import { allFileNames, type BrokerFiles, fileNameIn, fileNames, folderName } from '../mosquitto/files';
import { parsePasswords } from '../mosquitto/passwords';
import { restartChanges } from '../mosquitto/reload';
import { witnessUsername } from '../mosquitto/witness';
import type { Deployed, Drift, SeenFiles } from './drift';
import { trustIn } from './records';

/** What is done about files, whatever has become of them. */
const mending = 'they are delivered again';

/**
 * What differs between the files that are there and those that were delivered.
 *
 * @param startedAt when the broker was started last, in milliseconds
 * @param wanted files that were delivered, where they are known; only words, and whether a restart is needed, depend on
 *   them
 */
export function filesDrift(
  seen: SeenFiles,
  startedAt: number,
  deployed: Pick<Deployed, 'folder' | 'provedAt'>,
  wanted: BrokerFiles | undefined,
): Partial<Drift> {
  if (seen.folder === undefined) {
    return { words: [`The files of the broker are gone from its volume; ${mending}`], deliver: true };
  }
  if (areTouched(seen)) {
    const lines = wanted === undefined ? [] : fileWords(seen, wanted);
    const named = lines.length > 0 ? lines : rewrittenWords(seen.rewritten);
    const replace = isStartedSince(startedAt, deployed.provedAt) && mayHaveRead(seen, wanted);
    return {
      words: [
        `Somebody changed files of the broker on its volume; ${mending}`,
        ...[...named, ...exposedWords(seen.exposed)].map((line) => `  ${line}`),
      ],
      deliver: true,
      replace,
      away: replace,
    };
  }
  if (seen.unfinished) return { deliver: true };
  if (deployed.folder !== undefined && deployed.folder !== seen.folder) {
    return { words: [`The broker reads other files than were proved last; ${mending}`], deliver: true };
  }
  if (deployed.provedAt !== undefined && (seen.linkedAt ?? 0) > deployed.provedAt) {
    return { words: [`The broker may have read other files than are there now; ${mending}`], deliver: true };
  }
  return {};
}

/**
 * Whether somebody has written to the files on the volume: they are others than their own name says, or they were written
 * after their delivery.
 */
export function areTouched({ folder, files, rewritten, exposed }: SeenFiles): boolean {
  if (folder === undefined) return false;
  return folderName(files) !== folder || rewritten.length > 0 || exposed.length > 0 || trustWords(files).length > 0;
}

/** A broker that nobody has started since it was proved has not read what only a start reads. */
function isStartedSince(startedAt: number, provedAt: number | undefined): boolean {
  return provedAt === undefined || startedAt > provedAt;
}

/** Whether a broker may have started on options that a reload does not take back. */
function mayHaveRead({ files, rewritten }: SeenFiles, wanted: BrokerFiles | undefined): boolean {
  if (rewritten.includes(fileNames.configuration)) return true;
  const { configuration } = fileNames;
  return wanted !== undefined && restartChanges(wanted[configuration] ?? '', files[configuration] ?? '').length > 0;
}

/** What differs file by file; of rules and passwords who gained or lost what. */
function fileWords({ folder, files, rewritten }: SeenFiles, wanted: BrokerFiles): string[] {
  const unknown = Object.keys(files).filter((name) => !(name in wanted) && name !== fileNames.trust);
  const words = [
    ...missingFiles(files, wanted).map((name) => `${name} is missing${loss(name)}`),
    ...Object.entries(wanted).flatMap(([name, text]) => {
      const found = files[name];
      return found === undefined || found === text ? [] : contentWords(name, found, text);
    }),
    ...trustWords(files),
    ...rewrittenWords(rewritten.filter((name) => !(name in wanted) || wanted[name] === files[name])),
  ];
  const isNamed = words.length > 0 || folderName(files) === folder;
  return isNamed || unknown.length === 0 ? words : [`one of ${unknown.sort().join(', ')} is another one`];
}

/** Files of certificates of clients are made by a delivery alone; that they belong there the configuration says. */
function missingFiles(files: BrokerFiles, wanted: BrokerFiles): string[] {
  const configuration = wanted[fileNames.configuration] ?? '';
  const paths = parseConfiguration(configuration).map(({ value }) => fileNameIn(value));
  const named = allFileNames.filter((name) => paths.includes(name));
  const remembered = configuration.includes('crlfile ') ? [fileNames.issued] : [];
  return [...new Set([...Object.keys(wanted), ...named, ...remembered])].filter((name) => files[name] === undefined);
}

function contentWords(name: string, found: string, wanted: string): string[] {
  switch (name) {
    case fileNames.acl:
    case fileNames.deviceAcl:
      return aclWords(name, found, wanted);
    case fileNames.passwords:
    case fileNames.devicePasswords:
      return passwordWords(name, found, wanted);
    case fileNames.configuration:
      return [`${name}: ${lineWords(found, wanted).join(', ')}`];
    default:
      return [`${name} is another one${loss(name)}`];
  }
}

/** What cannot be made again from a stack alone. */
function loss(name: string): string {
  switch (name) {
    case fileNames.fleet:
      return '; what it remembered of devices that were revoked is lost';
    case fileNames.issued:
      return '; certificates that were revoked are accepted again until "clientCaGeneration" is another one';
    default:
      return '';
  }
}

function rewrittenWords(names: readonly string[]): string[] {
  return names.map((name) => `${name} was written to, and the broker may have read something else`);
}

function exposedWords(names: readonly string[]): string[] {
  return names.map((name) => `${name} is not the broker's alone to read`);
}

function partsOf({ signer, furtherSigners, trusted, clients }: ReturnType<typeof trustIn>) {
  return [signer, furtherSigners, trusted, clients];
}

/** The record of trust has no part in the name of the folder, but it follows from the files beside it. */
function trustWords(files: BrokerFiles): string[] {
  const { trust } = fileNames;
  const text = files[trust];
  if (text === undefined) return [`${trust} is missing`];
  try {
    const { signer, furtherSigners, trusted, clients } = JSON.parse(text) as ReturnType<typeof trustIn>;
    const seen = trustIn(files);
    // An earlier version of this program knew one root alone.
    const further = furtherSigners ?? seen.furtherSigners;
    const same = JSON.stringify([signer, further, trusted, clients]) === JSON.stringify(partsOf(seen));
    return same ? [] : [`${trust} says something else than the certificates beside it`];
  } catch {
    return [`${trust} cannot be read any more`];
  }
}

const shown = 5;

function passwordWords(name: string, found: string, wanted: string): string[] {
  const [now, before] = [hashesOf(found), hashesOf(wanted)];
  if (now === undefined || before === undefined) return [`${name} cannot be read any more`];
  const names = (users: string[]) => users.slice(0, shown).join(', ') + (users.length > shown ? ', …' : '');
  const kinds: Array<[string, string[]]> = [
    ['one too many', [...now.keys()].filter((user) => !before.has(user))],
    ['missing', [...before.keys()].filter((user) => !now.has(user))],
    [
      'with another password',
      [...now].filter(([user, hash]) => (before.get(user) ?? hash) !== hash).map(([user]) => user),
    ],
  ];
  const lines = kinds.filter(([, users]) => users.length > 0);
  return lines.length === 0
    ? [`${name} is another one`]
    : lines.map(([what, users]) => `${name}: ${what}: ${names(users)}`);
}

function hashesOf(text: string): Map<string, string> | undefined {
  try {
    return new Map(parsePasswords(text).map(({ username, salt, hash }) => [username, `${salt} ${hash}`]));
  } catch {
    return undefined;
  }
}

function aclWords(name: string, found: string, wanted: string): string[] {
  const before = rulesOf(wanted);
  const now = rulesOf(found);
  if (now === undefined || before === undefined) return [`${name} cannot be read any more`];
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((username) => username !== witnessUsername)
    .flatMap((username) => {
      const [old, own] = [before.get(username) ?? [], now.get(username) ?? []];
      const gained = own.filter((rule) => !old.includes(rule));
      const lost = old.filter((rule) => !own.includes(rule));
      return [
        ...(gained.length > 0 ? [`${name}: user ${username} gained ${gained.join(', ')}`] : []),
        ...(lost.length > 0 ? [`${name}: user ${username} lost ${lost.join(', ')}`] : []),
      ];
    });
}

function rulesOf(text: string): Map<string, string[]> | undefined {
  try {
    const { users, patterns } = parseAcl(text);
    const everybody: UserAcl = { username: '(everybody)', rules: patterns };
    return new Map([...users, everybody].map(({ username, rules }) => [username, rules.map(formatRule)]));
  } catch {
    return undefined;
  }
}

function lineWords(found: string, wanted: string): string[] {
  const [now, before] = [found.split('\n'), wanted.split('\n')];
  return [
    ...now.filter((line) => !before.includes(line)).map((line) => `+ ${veiled(line)}`),
    ...before.filter((line) => !now.includes(line)).map((line) => `- ${veiled(line)}`),
  ];
}

/** Options such as `remote_password` and `bridge_psk` hold a secret behind their name. */
function veiled(line: string): string {
  return line.replace(/^(\S*(?:password|psk)\S*) .*$/, '$1 …');
}
