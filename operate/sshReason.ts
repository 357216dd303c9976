/**
 * Why a machine is not reached. Where others lead there, a connection that is to be kept lets their words go nowhere, so
 * that one which nobody keeps is tried once more.
 *
 * Source: ssh_proxy_connect of OpenSSH, which does so beside ControlPersist.
 */

import { text } from 'node:stream/consumers';
import { destinationOf } from './sshConfiguration';
import { sshProblem } from './sshProblem';
import { startSsh } from './sshProcess';

/**
 * The reason in one sentence with the remedy.
 *
 * @param host `ssh://USER@HOST:PORT`
 * @param words behind `ssh` that name the machine
 * @param said its standard error
 */
export async function unreachedBySsh(host: string, words: readonly string[], said: string): Promise<string> {
  const { isBehindOthers } = await destinationOf(words);
  return sshProblem(host, isBehindOthers ? ((await saidAgain(words)) ?? said) : said);
}

/** Undefined where it works now, or there is no `ssh`. */
async function saidAgain(words: readonly string[]): Promise<string | undefined> {
  const child = startSsh(['-o', 'ControlMaster=no', '-o', 'ControlPath=none', '-o', 'LogLevel=INFO', ...words, 'true']);
  child.stdin.on('error', () => {}).end();
  child.stdout.resume();
  const failed = new Promise<boolean>((resolve) => {
    child.once('error', () => resolve(false)).once('close', (code) => resolve(code !== 0));
  });
  const said = await text(child.stderr);
  return (await failed) ? said : undefined;
}
