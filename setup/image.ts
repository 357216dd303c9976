import type Docker from 'dockerode';
import type { DockerAddress } from '../operate/dockerAddress';
import { clientOf } from '../operate/dockerClient';
import { follow } from './docker';
import { failure } from './processes';
import { during, say } from './progress';
import { loginFor } from './registryLogin';
import { isOfficial, standIn, standInFor, standInLabel } from './toolchain/image';

const silentSeconds = 15;

/** What registries say to those who may not have an image; one that is not there is one of these, too. */
const asksForLogin = /unauthorized|authentication|no basic auth|denied|forbidden|incorrect username|login/i;

/** An image that is on the engine. */
export interface Image {
  id: string;
  reference: string;
  /** What it is, in words, for example `eclipse-mosquitto:2.1.2 (official)`. */
  origin: string;
}

/**
 * Sees to it that the engine has the image: uses the one that is there, else pulls it, else, where it is one of the
 * default references, builds a stand-in from Debian's packages. A registry that is silent for 15 seconds is given up.
 *
 * @throws one sentence with the reasons and the remedy
 */
export async function image(options: { reference: string; address: DockerAddress; home: string }): Promise<Image> {
  const { reference, address, home } = options;
  const client = clientOf(address);
  const present = await find(client, reference);
  if (present !== undefined) return present;
  let failures = await failure(during(`Pulling ${reference}`, (detail) => pull(client, reference, detail)));
  const recipe = standInFor(reference);
  if (failures !== undefined && recipe !== undefined) {
    say(`Cannot pull ${reference} (${failures})`);
    const failed = await failure(standIn(client, home, recipe));
    failures = failed && `pull: ${failures}; stand-in from Debian's packages: ${failed}`;
  }
  const made = failures === undefined ? await find(client, reference) : undefined;
  if (made !== undefined) return made;
  throw new Error(
    `The image ${reference} is not on the Docker engine at ${address.host} and cannot be got (${failures}); put it there ` +
      'with "docker pull" or "docker load", or name another in the stack config',
  );
}

async function find(client: Docker, reference: string): Promise<Image | undefined> {
  try {
    const { Id, RepoDigests, Config } = await client.getImage(reference).inspect();
    return { id: Id, reference, origin: origin(reference, RepoDigests ?? [], Config.Labels ?? {}) };
  } catch (error) {
    if ((error as { statusCode?: number }).statusCode === 404) return undefined;
    throw new Error(`The image ${reference} cannot be looked up on the Docker engine (${words(error)})`);
  }
}

function origin(reference: string, digests: string[], labels: Record<string, string>): string {
  const packages = labels[standInLabel];
  if (packages !== undefined) {
    // Whatever it was tagged with since.
    const title = labels['org.opencontainers.image.title']?.replace(/^S/, 's') ?? `stand-in for ${reference}`;
    return `${title}, built from Debian packages (${packages})`;
  }
  if (digests.some((digest) => isOfficial(digest.slice(0, digest.indexOf('@'))))) return `${reference} (official)`;
  return digests.length > 0 ? reference : `${reference} (local, from no registry)`;
}

async function pull(client: Docker, reference: string, detail: (text: string) => void): Promise<void> {
  // A public image can be had without a login, so that a fault of the logins is told only where the pull fails.
  const { login, words: manner } = await loginFor(reference).catch((error: Error) => ({
    login: undefined,
    words: `without a login: ${error.message}`,
  }));
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), silentSeconds * 1000);
  const bytes = new Map<string | undefined, number>();
  try {
    const events = await client.pull(reference, { abortSignal: silence.signal, ...(login && { authconfig: login }) });
    await follow(client, events, ({ status, id, progressDetail }) => {
      timer.refresh();
      if (status === 'Downloading') bytes.set(id, progressDetail?.current ?? 0);
      const sum = [...bytes.values()].reduce((total, part) => total + part, 0);
      detail(`${(sum / 1e6).toFixed(1)} MB`);
    });
  } catch (error) {
    if (silence.signal.aborted) throw new Error(`the registry was silent for ${silentSeconds} s`);
    throw new Error(asksForLogin.test(words(error)) ? `${words(error)}, ${manner}` : words(error));
  } finally {
    clearTimeout(timer);
  }
}

/** An error's message without what dockerode puts before the engine's own words. */
function words(error: unknown): string {
  return (error as Error).message.replace(/^\(HTTP code \d+\) [a-z ]+ - /, '').trim();
}
