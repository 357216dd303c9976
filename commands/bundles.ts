/** What devices are given: a bundle each, as a folder to copy, or a record each, as a line for a pipeline. */

import { createPrivateKey, X509Certificate } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join, resolve, sep } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Authority, type ClientCertificate, issueClientCertificate, serialOf } from '../certificates/client';
import { bundleFiles } from '../fleet/bundle';
import type { Device } from '../fleet/device';
import { deviceRecord, type Enrolment } from '../fleet/enrolment';
import { quoted, unquoted } from '../mosquitto/quoted';
import { projectFolder } from '../setup/home';
import { isAtWork } from '../setup/processes';
import { during, say } from '../setup/progress';
import { folded, refuseFoldedNames } from './bundleNames';

/** Files that are the same in each bundle, at the place that they have in it. */
const templateFolder = join(projectFolder, 'bundle');

/** Name of a folder at work. No id of a device has "~" in it. */
const unfinished = /^(.+)~aipi-(new|old)-(\d+)$/;

/** Between two looks at the clock of the progress line. */
const batchSize = 50;

/** Share of its life that a certificate must have left to be kept in a bundle that is written again. */
const keptShare = 2 / 3;

export interface ProvisionOptions {
  /** Folder that gets a bundle for each device, by its id. */
  out?: string | undefined;
  format: 'bundle' | 'json';
}

/** Writes or prints what the devices need. */
export async function provisionDevices(
  enrolment: Enrolment,
  devices: readonly Device[],
  { out, format }: ProvisionOptions,
): Promise<void> {
  if (format === 'json') {
    if (out !== undefined) throw new Error('--format json prints to standard output; leave --out away');
    return printRecords(enrolment, devices);
  }
  if (out === undefined || out === '')
    throw new Error('Name a folder for the bundles, outside this repository: --out DIR');
  const folder = await writeBundles(enrolment, devices, out);
  say(`Copy what is in ${join(folder, 'ID', 'boot')} onto the boot partition of the device; it holds its password`);
}

/**
 * Writes the bundle of each device into a folder of its own, in the place of the one that is there.
 *
 * Each appears when it is complete, and one that would be the same stays untouched. What an interrupted run left is
 * cleaned up first, and whether the folder can take all of them is looked at before the first one is written.
 *
 * @returns where the folder really is
 * @throws Error where it is in this repository, or something else lies in the place of a bundle
 */
export async function writeBundles(enrolment: Enrolment, devices: readonly Device[], out: string): Promise<string> {
  const folder = outside(out);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  cleanUp(folder);
  refuseFoldedNames(
    folder,
    devices.map(({ id }) => id),
  );
  for (const { id } of devices) refuseOthers(join(folder, id), clientIdOf, id);
  const templates = bundleTemplates();
  let same = 0;
  await during(`Writing bundles into ${folder}`, async (detail) => {
    for (const [index, device] of devices.entries()) {
      const place = join(folder, device.id);
      const certificate = await certificateFor(enrolment, device, join(place, 'boot', 'aipi'));
      const files = bundleFiles(enrolment, device, templates, certificate);
      if (holds(place, files)) same += 1;
      else writeBundle(folder, device.id, files);
      if (index % batchSize === 0) {
        detail(`${index} of ${devices.length}`);
        await nextTurn();
      }
    }
  });
  say(`Devices with a bundle in ${folder}: ${devices.length}, unchanged: ${same}`);
  return folder;
}

/**
 * A certificate of a device; null where none is required.
 *
 * @param folder where an earlier one may lie; it is kept as long as it is good
 */
async function certificateFor(
  { clientCertificates }: Enrolment,
  { id, generation }: Device,
  folder?: string,
): Promise<ClientCertificate | null> {
  // A stack that was deployed before there were any says nothing of them.
  if (!clientCertificates) return null;
  const { authority, validityHours } = clientCertificates;
  const serial = serialOf('devices', id, generation);
  const known = folder === undefined ? undefined : earlierCertificate(folder, authority.certificate, serial);
  return known ?? issueClientCertificate(authority, { name: id, serial, validityHours });
}

/** The certificate that lies in a folder, where it is of the same client and authority, and has most of its life left. */
function earlierCertificate(folder: string, authority: string, serial: string): ClientCertificate | undefined {
  try {
    const [certificate, privateKey] = ['client.pem', 'client.key'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    if (certificate === undefined || privateKey === undefined) return undefined;
    const parsed = new X509Certificate(certificate);
    const [begin, end] = [Date.parse(parsed.validFrom), Date.parse(parsed.validTo)];
    const isGood =
      parsed.serialNumber.toLowerCase() === serial &&
      parsed.verify(new X509Certificate(authority).publicKey) &&
      parsed.checkPrivateKey(createPrivateKey(privateKey)) &&
      end - Date.now() > (end - begin) * keptShare;
    if (!isGood) return undefined;
    const [notBefore, notAfter] = [begin, end].map((time) => new Date(time).toISOString()) as [string, string];
    return { certificate, privateKey, notBefore, notAfter };
  } catch {
    return undefined;
  }
}

/** Writes certificate, key and password of an account, with the certificates to trust, into a folder of its own. */
export async function provisionAccount(account: AccountCredential, out: string): Promise<void> {
  const folder = outside(out);
  const { authority, validityHours, username, generation, password, certificateAuthority } = account;
  const serial = serialOf('accounts', username, generation);
  const { certificate, privateKey, notAfter } = await issueClientCertificate(authority, {
    name: username,
    serial,
    validityHours,
  });
  const name = `account-${username}`;
  const facts = { username, generation, certificate_expires: notAfter };
  const files = {
    'account.json': `${JSON.stringify(facts, null, 2)}\n`,
    'ca.pem': certificateAuthority,
    'client.pem': certificate,
    'client.key': privateKey,
    password,
  };
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  cleanUp(folder);
  refuseOthers(join(folder, name), usernameOf, username);
  writeBundle(folder, name, files);
  say(`${join(folder, name)} holds a certificate of ${username} until ${notAfter}, and its key`);
}

/** Writes what is needed elsewhere, path to text, into a folder of its own. */
export function writeFolder(name: string, files: Record<string, string>, out: string): string {
  const folder = outside(out);
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  cleanUp(folder);
  writeBundle(folder, name, files);
  return join(folder, name);
}

/** What an account gets its certificate from. Secret. */
export interface AccountCredential {
  username: string;
  generation: number;
  password: string;
  /** PEM; what it trusts. */
  certificateAuthority: string;
  authority: Authority;
  validityHours: number;
}

/** Prints one JSON object a line for each device, secrets included. Ends early, without an error, where nobody reads on. */
export async function printRecords(enrolment: Enrolment, devices: readonly Device[]): Promise<void> {
  async function* lines() {
    for (const device of devices) {
      const certificate = await certificateFor(enrolment, device);
      yield `${JSON.stringify(deviceRecord(enrolment, device, certificate))}\n`;
    }
  }
  try {
    await pipeline(Readable.from(lines()), process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EPIPE') throw error;
  }
}

/**
 * The files that are the same in each bundle, path to text.
 *
 * Their lines end as Linux reads them, also where a checkout on Windows has ended them otherwise: to a Raspberry Pi that
 * would be an error of syntax.
 */
export function bundleTemplates(folder = templateFolder): Record<string, string> {
  const paths = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  const files = paths.filter((path) => statSync(join(folder, path)).isFile());
  const text = (path: string) =>
    readFileSync(join(folder, path), 'utf8')
      .replace(/^\ufeff/, '')
      .replace(/\r+\n/g, '\n');
  return Object.fromEntries(files.map((path) => [path.split(sep).join('/'), text(path)]));
}

/** @throws Error where a folder is in this repository */
function outside(out: string): string {
  const folder = destination(resolve(out));
  if (isWithin(folder, statSync(projectFolder))) {
    throw new Error(
      `--out ${unquoted(out)} is in this repository, where passwords would be committed; name a folder outside`,
    );
  }
  return folder;
}

/** By what the folders are, and not by their names: those may differ in capitals alone. */
function isWithin(path: string, outer: { dev: number; ino: number }): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  if (found?.dev === outer.dev && found.ino === outer.ino) return true;
  return dirname(path) !== path && isWithin(dirname(path), outer);
}

/** Where a path leads, through links, and also where it does not exist yet. */
function destination(path: string): string {
  try {
    return realpathSync(path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
  }
  const parent = destination(dirname(path));
  const isLink = lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink() === true;
  return isLink ? destination(resolve(parent, readlinkSync(path))) : join(parent, basename(path));
}

/** Removes what interrupted runs left; a bundle that one of them had put aside comes back. */
function cleanUp(folder: string): void {
  for (const name of readdirSync(folder)) {
    const [, id = '', kind, pid] = name.match(unfinished) ?? [];
    const leftover = join(folder, name);
    if (kind === undefined || (Number(pid) !== process.pid && isAtWork(Number(pid), leftover))) continue;
    if (kind === 'old' && !exists(join(folder, id))) renameSync(leftover, join(folder, id));
    else rmSync(leftover, { recursive: true });
  }
}

/** @throws Error where something lies in the place of a bundle that is none of its owner */
function refuseOthers(bundle: string, ownerOf: (bundle: string) => string | undefined, owner: string): void {
  if (!exists(bundle)) return;
  const there = ownerOf(bundle);
  if (there === owner) return;
  const says =
    there !== undefined && folded(there) === folded(owner)
      ? `is the bundle of ${quoted(there)}, whose name this file system takes for the same`
      : `is there and is no bundle of ${owner}`;
  throw new Error(`${bundle} ${says}; move it away, or name another --out`);
}

function writeBundle(folder: string, id: string, files: Record<string, string>): void {
  const [bundle, fresh, old] = [id, `${id}~aipi-new-${process.pid}`, `${id}~aipi-old-${process.pid}`].map((name) =>
    join(folder, name),
  ) as [string, string, string];
  const isThere = exists(bundle);
  for (const each of ['', ...foldersOf(files)]) mkdirSync(join(fresh, each), { mode: 0o700 });
  for (const [path, text] of Object.entries(files)) writeFileSync(join(fresh, path), text, { mode: 0o600, flag: 'wx' });
  if (isThere) renameSync(bundle, old);
  renameSync(fresh, bundle);
  if (isThere) rmSync(old, { recursive: true });
}

/** Whether a folder holds these files and nothing else, for its owner alone. */
function holds(folder: string, files: Record<string, string>): boolean {
  if (!exists(folder) || !isPrivate(folder, 0o700)) return false;
  const folders = foldersOf(files);
  return (
    readdirSync(folder, { recursive: true }).length === folders.length + Object.keys(files).length &&
    folders.every((path) => isPrivate(join(folder, path), 0o700)) &&
    Object.entries(files).every(([path, text]) => isPrivate(join(folder, path), 0o600, text))
  );
}

/** Whether a path is what it should be: a folder, or with a text a file that holds it. */
function isPrivate(path: string, mode: number, text?: string): boolean {
  const found = lstatSync(path, { throwIfNoEntry: false });
  if (found === undefined || (found.mode & 0o777) !== mode) return false;
  return text === undefined ? found.isDirectory() : found.isFile() && readFileSync(path, 'utf8') === text;
}

/** The folders that files need, each after the one that it is in. */
function foldersOf(files: Record<string, string>): string[] {
  const nested = Object.keys(files).map((path) => path.split('/').slice(0, -1));
  const all = nested.flatMap((parts) => parts.map((_, depth) => parts.slice(0, depth + 1).join('/')));
  return [...new Set(all)].sort();
}

/** Whose bundle lies in a folder; undefined where it is none. */
function clientIdOf(bundle: string): string | undefined {
  return factIn(join(bundle, 'boot', 'aipi', 'device.json'), 'client_id');
}

function usernameOf(bundle: string): string | undefined {
  return factIn(join(bundle, 'account.json'), 'username');
}

function factIn(file: string, name: string): string | undefined {
  try {
    const fact: unknown = JSON.parse(readFileSync(file, 'utf8'))[name];
    return typeof fact === 'string' ? fact : undefined;
  } catch {
    return undefined;
  }
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
