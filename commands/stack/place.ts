/**
 * Where the state of a stack is, and its passphrase. A stack remembers both, so that a login or a variable for another
 * project does not lead away from it.
 */

import { existsSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bookkeepingOf, ownPlace, type Place } from '../../setup/backend';
import { home, projectFolder } from '../../setup/home';
import {
  makePassphrase,
  mustEncrypt,
  opens,
  type Passphrase,
  passphraseFile,
  passphrases,
  usePassphrase,
} from '../../setup/passphrase';
import { say } from '../../setup/progress';
import { type FoundPulumi, type Pulumi, run, stackExists, stateFolder } from '../../setup/pulumi';
import { stacksIn } from '../../setup/stateFiles';
import { removeUnreadable, restoreState } from './brokenState';
import type { StackFile } from './stackFile';
import { storedCheckpoint } from './state';

/** What is remembered of a stack. Nothing of it is secret: the salt stands readable in the state, too. */
interface Remembered {
  backend: string;
  /** Where its passphrase was. */
  passphrase?: string;
  /** The salt that this passphrase was seen to fit, and the file that held it then. */
  salt?: string;
  stamp?: string;
}

/** A stack as it is asked for. */
export interface Sought {
  project: string;
  name: string;
  file: StackFile;
}

/**
 * Finds a stack, and makes the engine work where it is.
 *
 * @param use whether it is about to be deployed, so that it is remembered to be where it is found, or read; or whether the
 *   engine is asked for something that may need no passphrase, such as to remove it
 * @returns whether it is there
 * @throws Error where another place was demanded than the one that holds it, or where no passphrase fits
 */
export async function findStack(
  engine: FoundPulumi,
  sought: Sought,
  use: 'deployed' | 'read' | 'handed over',
): Promise<boolean> {
  const memory = recall(sought.file);
  const found = await foundAt(engine, sought, memory);
  if (found === undefined) return false;
  take(engine, found);
  removeUnreadable(engine, sought);
  restoreState(engine, sought);
  const known = memory?.backend === found.url ? memory : undefined;
  const passphrase = await passphraseOf(engine, sought, known).catch((error) => {
    if (use === 'handed over') return undefined;
    throw error;
  });
  if (passphrase === undefined) return true;
  if (use === 'deployed') sayEmpty(engine, sought.name, passphrase.passphrase);
  const isRemembered = memory !== undefined && known === undefined && use !== 'deployed';
  if (found.url !== undefined && !isRemembered) remember(sought.file, { backend: found.url, ...passphrase });
  return true;
}

/** Makes a stack where the engine works, with a passphrase that encrypts. */
export async function makeStack(engine: FoundPulumi, sought: Sought): Promise<void> {
  const chosen = await chooseNew(engine, sought);
  await run(engine, ['stack', 'init', sought.name, '--non-interactive'], 'returned', sought.file.folder);
  const { url } = engine.place;
  if (url === undefined) return;
  const salt = saltOf(engine, sought);
  // The engine has just encrypted with it.
  const known = chosen !== undefined && salt !== undefined ? fittingTo(chosen, salt) : {};
  remember(sought.file, { backend: url, ...known });
}

/**
 * Chooses what a new stack is encrypted with: where its file in the repository holds secrets, what they are encrypted with;
 * else what is given. A passphrase is made only where no stack is.
 *
 * @returns undefined where the engine keeps it otherwise
 */
export async function chooseNew(engine: FoundPulumi, sought: Sought): Promise<Passphrase | undefined> {
  const { name, file } = sought;
  const ofRepository = saltIn(join(projectFolder, basename(file.path)));
  if (ofRepository === undefined) forgetSalt(file);
  removeUnreadable(engine, sought);
  const bookkeeping = stateFolder(engine);
  if (bookkeeping === undefined) return undefined;
  const own = passphraseFile(home());
  const all = passphrases(home(), process.env);
  const [given] = ofRepository === undefined ? all : await fitting(all, ofRepository);
  if (given === undefined && ofRepository !== undefined) {
    throw new Error(
      `${basename(file.path)} holds secrets, and ${noneFits(all)}. Give the passphrase they were encrypted with`,
    );
  }
  if (given !== undefined && (given.source !== own || given.text !== '' || given.problem !== undefined)) {
    mustEncrypt(given);
    usePassphrase(given, engine.environment, process.env);
    return given;
  }
  const folders = [bookkeeping, bookkeepingOf(ownPlace(home()).url ?? '') ?? bookkeeping];
  const stacks = [...new Set(folders.flatMap(stacksIn))];
  if (stacks.length > 0) {
    throw new Error(
      `${own} ${given === undefined ? 'is not there' : 'is empty'}, though there are stacks that may be encrypted with it (${stacks.join(', ')}): bring it back, or give "${name}" a passphrase of its own in PULUMI_CONFIG_PASSPHRASE_FILE`,
    );
  }
  const made = makePassphrase(home());
  usePassphrase(made, engine.environment, process.env);
  return made;
}

/** Forgets a stack that is no more. */
export function forgetPlace(file: StackFile): void {
  rmSync(memoryOf(file), { force: true });
}

/** Where a stack was looked for, for messages. */
export function lookedIn({ environment, place }: Pulumi & Partial<Pick<FoundPulumi, 'place'>>): string {
  const url = environment.PULUMI_BACKEND_URL ?? place?.url;
  if (url === undefined) return 'the backend of your login';
  return place?.url === url ? named(place) : `${url} (where it was last)`;
}

function named({ url, by }: Place): string {
  return `${url} (${by === lastDeployment ? 'where it was last' : `named by ${by}`})`;
}

const lastDeployment = 'its last deployment';

async function foundAt(
  engine: FoundPulumi,
  sought: Sought,
  memory: Remembered | undefined,
): Promise<Place | undefined> {
  const { place } = engine;
  const own = ownPlace(home());
  const remembered = memory && { url: memory.backend, by: lastDeployment, isDemanded: false };
  if (place.isDemanded) {
    if (await holds(engine, place, sought)) return place;
    const others = [...(remembered === undefined ? [] : [remembered]), own].filter(({ url }) => url !== place.url);
    const holder = await firstOf(others.filter(isOfFiles), (each) => holds(engine, each, sought));
    if (holder !== undefined) throw new Error(elsewhere(sought.name, place, holder));
    return undefined;
  }
  if (remembered !== undefined && remembered.url !== place.url && (await holds(engine, remembered, sought))) {
    return remembered;
  }
  const isOwn = place.url === own.url;
  const isInOwn = !isOwn && (await holds(engine, own, sought));
  // A login for another project may be one that cannot be asked.
  const isThere = holds(engine, place, sought);
  if (await (isInOwn && memory === undefined ? isThere.catch(() => false) : isThere)) return place;
  return isInOwn ? own : undefined;
}

function isOfFiles({ url }: Place): boolean {
  return url !== undefined && bookkeepingOf(url) !== undefined;
}

async function firstOf<T>(all: readonly T[], is: (one: T) => Promise<boolean>): Promise<T | undefined> {
  for (const one of all) if (await is(one)) return one;
  return undefined;
}

function holds(engine: FoundPulumi, place: Place, { project, name }: Sought): Promise<boolean> {
  const probe: FoundPulumi = { ...engine, environment: { ...engine.environment } };
  take(probe, place);
  return stackExists(probe, project, name);
}

function take(engine: FoundPulumi, place: Place): void {
  if (place.url !== undefined && place !== engine.place) engine.environment.PULUMI_BACKEND_URL = place.url;
}

function elsewhere(name: string, place: Place, holder: Place): string {
  return `The stack "${name}" is not in ${named(place)}, but in ${named(holder)}; leave out ${place.by}, or move its state: "pulumi stack export" there, "pulumi stack import" here. Nothing was changed`;
}

/**
 * Finds the passphrase that the secrets of a stack are encrypted with, and makes the engine take it.
 *
 * @returns what is remembered of it; nothing where the engine keeps it otherwise
 */
async function passphraseOf(
  engine: Pulumi,
  sought: Sought,
  memory: Remembered | undefined,
): Promise<Omit<Remembered, 'backend'>> {
  if (stateFolder(engine) === undefined) return {};
  const salt = saltOf(engine, sought);
  if (salt === undefined) return {};
  const all = passphrases(home(), process.env);
  const remembered = all.filter(({ source }) => source === memory?.passphrase);
  for (const one of [...remembered, ...all.filter((each) => !remembered.includes(each))]) {
    const isKnown = remembered.includes(one) && memory?.salt === salt && memory.stamp === stampOf(one);
    if (!(isKnown && one.file !== undefined) && !(await opens(one, salt))) continue;
    usePassphrase(one, engine.environment, process.env);
    alignSalt(sought.file, salt);
    return fittingTo(one, salt);
  }
  throw new Error(unreadable(engine, sought.name, all, memory));
}

/** What is remembered of a passphrase that fits a salt. */
function fittingTo(one: Passphrase, salt: string): Omit<Remembered, 'backend'> {
  const stamp = stampOf(one);
  return { passphrase: one.source, salt, ...(stamp !== undefined && { stamp }) };
}

/** Nothing else would tell that the secrets are open to whoever reads the state. */
function sayEmpty(engine: Pulumi, name: string, source: string | undefined): void {
  if (passphrases(home(), process.env).find((one) => one.source === source)?.text !== '') return;
  say(
    `The secrets of "${name}" in ${lookedIn(engine)} are encrypted with an empty passphrase (${source}): everybody who reads the state reads them; "pulumi stack change-secrets-provider passphrase --stack ${name}" gives them another`,
  );
}

function stampOf({ file }: Passphrase): string | undefined {
  if (file === undefined) return undefined;
  const { mtimeMs, size } = statSync(file);
  return `${mtimeMs} ${size}`;
}

function unreadable(engine: Pulumi, name: string, all: readonly Passphrase[], memory: Remembered | undefined): string {
  const last = memory?.passphrase === undefined ? '' : ` They were encrypted with that of ${memory.passphrase}.`;
  return `The secrets of "${name}" in ${lookedIn(engine)} cannot be read: ${noneFits(all)}.${last} Give the one they were encrypted with, in PULUMI_CONFIG_PASSPHRASE_FILE or PULUMI_CONFIG_PASSPHRASE; nothing was changed`;
}

function noneFits(all: readonly Passphrase[]): string {
  const own = passphraseFile(home());
  const looked = [
    ...all.map(({ source, problem }) => `that of ${source} ${problem ?? 'is not theirs'}`),
    ...(all.some(({ file }) => file === own) ? [] : [`${own} is not there`]),
  ];
  return `no passphrase fits (${looked.join('; ')})`;
}

/** The first one that opens a salt, alone. */
async function fitting(all: readonly Passphrase[], salt: string): Promise<Passphrase[]> {
  for (const one of all) if (await opens(one, salt)) return [one];
  return [];
}

/** Undefined where nothing is encrypted with a passphrase yet. */
function saltOf(engine: Pulumi, { project, name, file }: Sought): string | undefined {
  const secrets = storedCheckpoint(engine, project, name)?.checkpoint?.latest?.secrets_providers;
  if (secrets?.type !== undefined && secrets.type !== 'passphrase') return undefined;
  if (secrets?.state?.salt !== undefined) return secrets.state.salt;
  return saltIn(file.path);
}

const saltLine = /^["']?encryptionsalt["']?:[ \t]*["']?(v1:[^"'\s]+).*\n?/m;

/** What a stack file says of the encryption of its secrets. */
function saltIn(path: string): string | undefined {
  return existsSync(path) ? readFileSync(path, 'utf8').match(saltLine)?.[1] : undefined;
}

/** A stack of the same name in another backend may have left its own, which the passphrase of this one does not open. */
function alignSalt({ path }: StackFile, salt: string): void {
  const kept = saltIn(path);
  if (kept === undefined || kept === salt || saltIn(join(projectFolder, basename(path))) !== undefined) return;
  writeFileSync(
    path,
    readFileSync(path, 'utf8').replace(kept, () => salt),
  );
}

/** The copy keeps the salt of a stack that was removed, whose passphrase may be lost. */
function forgetSalt({ path }: StackFile): void {
  if (saltIn(path) !== undefined) writeFileSync(path, readFileSync(path, 'utf8').replace(saltLine, ''));
}

/** Beside the copy of the stack file. */
function memoryOf({ path }: StackFile): string {
  return `${path}.place.json`;
}

function recall(file: StackFile): Remembered | undefined {
  try {
    const memory = JSON.parse(readFileSync(memoryOf(file), 'utf8')) as Remembered | null;
    return typeof memory?.backend === 'string' ? renamed(memory, inHome, pathsOfHome()) : undefined;
  } catch {
    return undefined;
  }
}

/** A home may be moved, or be copied with all that it remembers: what is in it is remembered without its path. */
const inHome = { backend: 'AIPI_HOME', passphrase: 'AIPI_HOME' };

function pathsOfHome(): typeof inHome {
  return { backend: ownPlace(home()).url ?? '', passphrase: passphraseFile(home()) };
}

function renamed(memory: Remembered, from: typeof inHome, to: typeof inHome): Remembered {
  const { backend, passphrase } = memory;
  return {
    ...memory,
    ...(backend === from.backend && { backend: to.backend }),
    ...(passphrase === from.passphrase && { passphrase: to.passphrase }),
  };
}

/** A reader may be where nothing can be written. */
function remember(file: StackFile, memory: Remembered): void {
  const text = JSON.stringify(renamed(memory, pathsOfHome(), inHome));
  const path = memoryOf(file);
  try {
    if (existsSync(path) && readFileSync(path, 'utf8') === text) return;
    const unfinished = `${path}.${process.pid}`;
    writeFileSync(unfinished, text, { mode: 0o600 });
    renameSync(unfinished, path);
  } catch {
    rmSync(`${path}.${process.pid}`, { force: true });
  }
}
