/** The network of the machine that a broker is on: as it is seen from here, or from there by the `ssh` that leads to it. */

import type { Duplex } from 'node:stream';
import { sshAddress } from '../mosquitto/serviceAddress';
import { remoteMachine } from './docker';
import { addressOf } from './dockerAddress';
import { loginWords, streamOf } from './dockerSsh';
import { destinationOf } from './sshConfiguration';
import { entrance } from './sshConnection';
import { isLogin, startSsh } from './sshProcess';

/** Whether `ssh` leads to the machine of an engine. */
export function isBySsh(dockerHost: string | null): boolean {
  return sshOf(dockerHost) !== undefined;
}

/**
 * Name or address of another machine in the network of this one; undefined where others lead there, and it may be in none.
 *
 * @param dockerHost engine on another machine
 */
export async function addressFromHere(dockerHost: string | null): Promise<string | undefined> {
  const name = remoteMachine(dockerHost);
  const host = sshOf(dockerHost);
  if (host === undefined) return name;
  const { address, isBehindOthers } = await destinationOf(loginWords(host));
  return isBehindOthers ? undefined : (address ?? name);
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
  const { words: way, loggedIn, limit } = await entrance(host, words);
  const place = `${address.includes(':') ? `[${address}]` : address}:${port}`;
  const child = startSsh([...way, '-o', 'LogLevel=VERBOSE', '-W', place, ...words]);
  limit(child);
  child.stderr.on('data', (data) => {
    if (isLogin(String(data))) loggedIn();
  });
  child.stdout.once('data', loggedIn);
  child.once('error', loggedIn).once('close', loggedIn);
  return streamOf(child, host);
}

function sshOf(dockerHost: string | null): string | undefined {
  return sshAddress(addressOf(dockerHost ?? undefined).host);
}
