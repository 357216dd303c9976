/** Connections to what another machine has for itself alone, by the `ssh` that leads to its engine or its services. */

import { spawn } from 'node:child_process';
import type { Duplex } from 'node:stream';
import { sshAddress } from '../mosquitto/serviceAddress';
import { addressOf } from './dockerAddress';
import { loginWords, streamOf } from './dockerSsh';
import { entrance } from './sshConnection';

/** Whether there is such a way to the machine. */
export function isBySsh(dockerHost: string | null): boolean {
  return sshOf(dockerHost) !== undefined;
}

/**
 * Opens a connection from that machine. What cannot be reached ends it.
 *
 * @param address of the machine, as it is seen there
 */
export async function openThere(dockerHost: string | null, address: string, port: number): Promise<Duplex> {
  const host = sshOf(dockerHost);
  if (host === undefined) throw new Error(`no ssh leads to where ${address} is`);
  const words = loginWords(host);
  const { words: way, loggedIn } = await entrance(host, words);
  const place = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const options = ['-o', 'BatchMode=yes', '-o', 'LogLevel=ERROR', '-W', place];
  const child = spawn('ssh', [...way, ...options, ...words], { env: process.env, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdout.once('data', loggedIn);
  child.once('error', loggedIn).once('close', loggedIn);
  return streamOf(child, host);
}

function sshOf(dockerHost: string | null): string | undefined {
  return sshAddress(addressOf(dockerHost ?? undefined).host);
}
