/** Whether anything answers at the address of a Docker engine. */

import { connect } from 'node:net';
import { unquoted } from '../mosquitto/quoted';

const patienceMilliseconds = 5_000;
const systemSocket = 'unix:///var/run/docker.sock';
const ports: Readonly<Record<string, number>> = { 'tcp:': 2375, 'http:': 80, 'https:': 443 };

/**
 * Opens a connection and closes it. What only a client of Docker can try, such as `ssh://`, is left to it.
 *
 * @param host in the form of `DOCKER_HOST`; undefined for that of the environment, else the socket of the system
 * @throws Error in one sentence, with the remedy
 */
export async function mustAnswer(host: string | undefined): Promise<void> {
  const address = host ?? (process.env.DOCKER_HOST || systemSocket);
  const place = placeOf(address);
  if (place === undefined) return;
  const reason = await refusal(place);
  if (reason === undefined) return;
  const named = host === undefined ? 'DOCKER_HOST' : 'dockerHost';
  throw new Error(`Docker does not answer at ${unquoted(address)} (${reason}); start it there, or correct ${named}`);
}

function placeOf(address: string): { path: string } | { host: string; port: number } | undefined {
  if (address.startsWith('unix://')) return { path: address.slice('unix://'.length) };
  if (!URL.canParse(address)) return undefined;
  const { protocol, hostname, port } = new URL(address);
  const usual = ports[protocol];
  return usual === undefined ? undefined : { host: hostname.replace(/^\[|\]$/g, ''), port: Number(port || usual) };
}

const words: Readonly<Record<string, string>> = {
  EACCES: 'permission denied',
  ECONNREFUSED: 'nothing listens there',
  ENOENT: 'no such socket',
  ENOTFOUND: 'no such host name',
};

function refusal(place: { path: string } | { host: string; port: number }): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ ...place, timeout: patienceMilliseconds });
    const end = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.once('connect', () => end(undefined));
    socket.once('timeout', () => end(`no answer within ${patienceMilliseconds / 1_000} s`));
    socket.once('error', ({ code = '', message }: NodeJS.ErrnoException) => end(words[code] ?? message));
  });
}
