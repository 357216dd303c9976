/** Connections to what another machine has for itself alone, by the `ssh` that leads to its engine. */

import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { addressOf } from './dockerAddress';
import { isLogin, loginWords, streamOf } from './dockerSsh';
import { entrance } from './sshConnection';

/** Whether there is such a way to the machine of an engine. */
export function isBySsh(dockerHost: string | null): boolean {
  return addressOf(dockerHost ?? undefined).host.startsWith('ssh:');
}

/**
 * Opens a connection from the machine of an engine. What cannot be reached ends it.
 *
 * @param address of the machine, as it is seen there
 */
export async function openThere(dockerHost: string | null, address: string, port: number): Promise<Duplex> {
  const { host } = addressOf(dockerHost ?? undefined);
  const words = loginWords(host);
  const { words: way, loggedIn, limit } = await entrance(host, words);
  const place = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const options = ['-o', 'BatchMode=yes', '-o', 'LogLevel=VERBOSE', '-W', place];
  const child = spawn('ssh', [...way, ...options, ...words], { env: process.env, stdio: ['pipe', 'pipe', 'pipe'] });
  limit(child);
  child.stderr.on('data', (data) => {
    if (isLogin(String(data))) loggedIn();
  });
  child.stdout.once('data', loggedIn);
  child.once('error', loggedIn).once('close', loggedIn);
  return streamOf(child, host);
}
