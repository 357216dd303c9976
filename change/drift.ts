/** What has become of a broker since it was deployed, by other hands than this program's, and what it takes to mend it. */

import { formatRule, parseAcl, type UserAcl } from '../mosquitto/acl';
import { type BrokerFiles, fileNames, folderName } from '../mosquitto/files';
import { restartChanges } from '../mosquitto/reload';
import { witnessUsername } from '../mosquitto/witness';

/** Option of a container, in words, to its value as text. */
export type ContainerOptions = Readonly<Record<string, string>>;

export interface SeenContainer {
  id: string;
  state: 'running' | 'stopped' | 'paused' | 'restarting';
  /** Of a container that has ended. */
  exitCode: number;
  options: ContainerOptions;
}

/** What is there. */
export interface Seen {
  /** Undefined where there is none of the name. */
  container: SeenContainer | undefined;
  /** Folder that the broker reads; undefined where there is none, or no container to see it by. */
  folder: string | undefined;
  /** Its files. */
  files: BrokerFiles;
  /** Whether a delivery was cut off. */
  unfinished: boolean;
}

/** What was deployed, as far as the state of the stack tells. */
export interface Deployed {
  /** Undefined where no container was made yet. */
  container: { name: string; id: string; options: ContainerOptions } | undefined;
  /** Folder of the files that were proved last; undefined where that is not known. */
  folder: string | undefined;
}

export interface Drift {
  /** What differs, a line each. */
  words: string[];
  /** Whether the engine has to look at the container before it decides. */
  refresh: boolean;
  /** Whether the container has to be made anew, because a running broker cannot be brought back. */
  replace: boolean;
  /** Whether the files have to be delivered, whatever the engine knows. */
  deliver: boolean;
  /** Whether the container has to be woken. */
  unpause: boolean;
}

/** Options that can change while a container stays the same one; engines have various words for the others. */
const changeable: readonly string[] = ['memory in MiB', 'restart policy'];

const none: Drift = { words: [], refresh: false, replace: false, deliver: false, unpause: false };

/**
 * What differs between what is there and what was deployed.
 *
 * @param wanted files that were delivered, where they are known; only words depend on them
 */
export function driftOf(seen: Seen, deployed: Deployed, wanted?: BrokerFiles): Drift {
  if (deployed.container === undefined) return { ...none, deliver: seen.unfinished };
  const { container } = deployed;
  const drift = joined(
    containerDrift(seen.container, container),
    seen.container === undefined ? none : filesDrift(seen, deployed, wanted),
  );
  // One that the engine will find gone is made anew in any case, and cannot be asked to be replaced.
  return { ...drift, replace: drift.replace && seen.container?.id === container.id };
}

/** Whether the files on the volume are others than their own name says: somebody has written to them. */
export function areTouched({ folder, files }: Seen): boolean {
  return folder !== undefined && folderName(files) !== folder;
}

function joined(a: Drift, b: Drift): Drift {
  return {
    words: [...a.words, ...b.words],
    refresh: a.refresh || b.refresh,
    replace: a.replace || b.replace,
    deliver: a.deliver || b.deliver,
    unpause: a.unpause || b.unpause,
  };
}

function containerDrift(
  seen: SeenContainer | undefined,
  { name, id, options }: NonNullable<Deployed['container']>,
): Drift {
  if (seen === undefined) {
    return {
      ...none,
      words: [`The container ${name} is gone, and nobody is connected; it is made again`],
      refresh: true,
    };
  }
  const names = Object.keys(options).filter((option) => seen.id !== id || changeable.includes(option));
  const changed = names
    .filter((option) => seen.options[option] !== options[option])
    .map((option) => `  ${option}: ${seen.options[option]} in place of ${options[option]}`);
  if (seen.id !== id) {
    const words = [
      `The container ${name} is not the one that was deployed; it is replaced, and everybody is away for seconds`,
    ];
    return { ...none, words: [...words, ...changed], refresh: true };
  }
  const other =
    changed.length === 0
      ? none
      : { ...none, words: [`Somebody changed the container ${name}:`, ...changed], refresh: true };
  return joined(other, stateDrift(name, seen));
}

function stateDrift(name: string, { state, exitCode }: SeenContainer): Drift {
  switch (state) {
    case 'running':
      return none;
    case 'paused':
      return { ...none, words: [`The container ${name} is paused, and nobody is served; it goes on`], unpause: true };
    case 'stopped': {
      const words = [
        `The container ${name} has stopped (exit code ${exitCode}), and nobody is connected; it is made again`,
      ];
      return { ...none, words, refresh: true, replace: true };
    }
    case 'restarting': {
      const words = [
        `The broker in ${name} ends at each start (exit code ${exitCode}), and nobody is connected; it is made again`,
      ];
      return { ...none, words, deliver: true, replace: true };
    }
  }
}

function filesDrift(seen: Seen, { folder }: Deployed, wanted: BrokerFiles | undefined): Drift {
  if (seen.folder === undefined) {
    return {
      ...none,
      words: ['The files of the broker are gone from its volume; they are delivered again'],
      deliver: true,
    };
  }
  if (!areTouched(seen)) {
    const isOther = folder !== undefined && folder !== seen.folder;
    const words =
      isOther && !seen.unfinished
        ? ['The broker reads other files than were proved last; they are delivered again']
        : [];
    return { ...none, words, deliver: isOther || seen.unfinished };
  }
  const head = 'Somebody changed files of the broker on its volume; they are delivered again';
  const restart =
    wanted === undefined
      ? []
      : restartChanges(wanted[fileNames.configuration] ?? '', seen.files[fileNames.configuration] ?? '');
  return {
    ...none,
    words: [head, ...(wanted === undefined ? [] : fileWords(seen.files, wanted).map((line) => `  ${line}`))],
    deliver: true,
    replace: restart.length > 0,
  };
}

/** What differs file by file; of rules who gained or lost what. Files of devices are not among the wanted ones. */
function fileWords(seen: BrokerFiles, wanted: BrokerFiles): string[] {
  return Object.entries(wanted).flatMap(([name, text]) => {
    const found = seen[name];
    if (found === undefined) return [`${name} is missing`];
    if (name === fileNames.acl) return aclWords(found, text);
    if (found === text) return [];
    return name === fileNames.configuration
      ? [`${name}: ${lineWords(found, text).join(', ')}`]
      : [`${name} is another one`];
  });
}

function aclWords(found: string, wanted: string): string[] {
  const before = rulesOf(wanted);
  const now = rulesOf(found);
  if (now === undefined || before === undefined) return [`${fileNames.acl} cannot be read any more`];
  return [...new Set([...before.keys(), ...now.keys()])]
    .filter((username) => username !== witnessUsername)
    .flatMap((username) => {
      const [old, own] = [before.get(username) ?? [], now.get(username) ?? []];
      const gained = own.filter((rule) => !old.includes(rule));
      const lost = old.filter((rule) => !own.includes(rule));
      return [
        ...(gained.length > 0 ? [`${fileNames.acl}: user ${username} gained ${gained.join(', ')}`] : []),
        ...(lost.length > 0 ? [`${fileNames.acl}: user ${username} lost ${lost.join(', ')}`] : []),
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
