/** What encrypts the secrets of a state: where passphrases are, and which of them is that of a stack. */

import { createDecipheriv, pbkdf2, randomBytes } from 'node:crypto';
import { existsSync, linkSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { projectFolder } from './home';

const variable = 'PULUMI_CONFIG_PASSPHRASE';
const fileVariable = 'PULUMI_CONFIG_PASSPHRASE_FILE';

/** Source: the engine's sdk/go/common/resource/config, NewSymmetricCrypterFromPassphrase. */
const derivation = { iterations: 1_000_000, bytes: 32, digest: 'sha256' } as const;
const tagBytes = 16;

/** A passphrase that is at hand. */
export interface Passphrase {
  /** Where it is, for people and for the next run. */
  source: string;
  /** The file that holds it; undefined where the environment does. */
  file: string | undefined;
  text: string;
  /** Why it cannot be read; it may be that of another project. */
  problem?: string;
}

/**
 * Every passphrase that is at hand: that of the environment, that of the file it names, that in AIPI_HOME.
 */
export function passphrases(home: string, environment: NodeJS.ProcessEnv, project = projectFolder): Passphrase[] {
  const own = passphraseFile(home);
  const text = environment[variable];
  const named = environment[fileVariable] ?? '';
  const path = named === '' ? own : resolve(project, named);
  return [
    ...(text === undefined ? [] : [{ source: variable, file: undefined, text }]),
    ...(path === own ? [] : [inFile(path, `${fileVariable} (${path})`)]),
    ...(existsSync(own) ? [inFile(own, own)] : []),
  ];
}

/** The file of the passphrase that is made where none is given. */
export function passphraseFile(home: string): string {
  return join(home, 'passphrase');
}

function inFile(file: string, source: string): Passphrase {
  try {
    // The engine leaves out what is around it, too.
    return { source, file, text: readFileSync(file, 'utf8').trim() };
  } catch (error) {
    return { source, file, text: '', problem: `cannot be read (${(error as NodeJS.ErrnoException).code})` };
  }
}

/**
 * Makes the passphrase in AIPI_HOME, for its owner alone. One that is there and holds something is never replaced, and it
 * is there as a whole or not at all.
 */
export function makePassphrase(home: string): Passphrase {
  const file = passphraseFile(home);
  const unfinished = `${file}.${process.pid}`;
  const text = randomBytes(32).toString('base64url');
  try {
    writeFileSync(unfinished, text, { mode: 0o600 });
    if (readFileSync(unfinished, 'utf8') !== text) throw new Error(`${unfinished} could not be written`);
    if (existsSync(file) && statSync(file).size === 0) renameSync(unfinished, file);
    // Unlike a renaming, this never replaces one that another run has made meanwhile.
    else linkSync(unfinished, file);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
  } finally {
    rmSync(unfinished, { force: true });
  }
  return inFile(file, file);
}

/**
 * Whether a passphrase is the one that a salt was made with: it opens the word that the engine keeps beside it.
 *
 * @param salt as a state or a stack file holds it: `v1:SALT:v1:NONCE:TEXT`, each in base64
 */
export async function opens({ text, problem }: Passphrase, salt: string): Promise<boolean> {
  if (problem !== undefined) return false;
  const [version, own, form, nonce, sealed] = salt.split(':');
  if (version !== 'v1' || form !== 'v1' || own === undefined || nonce === undefined || sealed === undefined)
    return false;
  const { iterations, bytes, digest } = derivation;
  const key = await promisify(pbkdf2)(text, Buffer.from(own, 'base64'), iterations, bytes, digest);
  const content = Buffer.from(sealed, 'base64');
  try {
    const decipher = createDecipheriv('aes-256-gcm', key, Buffer.from(nonce, 'base64'));
    decipher.setAuthTag(content.subarray(-tagBytes));
    return decipher.update(content.subarray(0, -tagBytes), undefined, 'utf8') + decipher.final('utf8') === 'pulumi';
  } catch {
    return false;
  }
}

/**
 * Makes the engine take a passphrase.
 *
 * @param added what is added to its environment
 * @param own the environment that this adds to: the engine prefers a variable that is set, if only to nothing
 */
export function usePassphrase({ file }: Passphrase, added: Record<string, string>, own: NodeJS.ProcessEnv): void {
  if (file === undefined) return;
  delete own[variable];
  added[fileVariable] = file;
}

/** @throws Error where what is given cannot be read, or would encrypt the secrets of a new stack with nothing */
export function mustEncrypt({ source, text, problem }: Passphrase): void {
  if (problem !== undefined)
    throw new Error(`The passphrase of ${source} ${problem}; correct the name, or leave it out`);
  if (text !== '') return;
  const remedy = source === variable ? `unset ${variable}` : 'name a file that holds one';
  throw new Error(
    `The passphrase of ${source} is empty, so everybody who reads the state would read its secrets; write one, or ${remedy}`,
  );
}
