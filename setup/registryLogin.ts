/**
 * The login to a registry that `docker login` has kept. The engine pulls, but the login is its client's to bring.
 *
 * Source: the docker command's cli/config/configfile and cli/config/credentials, and docker-credential-helpers.
 */

import { spawn } from 'node:child_process';
import { objectIn, settingsFile } from '../operate/dockerSettings';

type Environment = Readonly<Record<string, string | undefined>>;

/** What the engine takes. Secret. */
export interface Login {
  serveraddress: string;
  username?: string;
  password?: string;
  identitytoken?: string;
  registrytoken?: string;
}

/** What was found, and where, in words without a secret. */
export interface FoundLogin {
  login: Login | undefined;
  words: string;
}

const hub = 'docker.io';
/** Under this name the docker command keeps the login to Docker Hub. */
const hubAddress = 'https://index.docker.io/v1/';
const helperSeconds = 30;

/** Host, and port where there is one, of the registry of an image. Source: distribution/reference. */
export function registryOf(reference: string): string {
  const [first = '', ...rest] = reference.split('/');
  if (first === 'index.docker.io') return hub;
  return rest.length > 0 && (/[.:]/.test(first) || first === 'localhost') ? first : hub;
}

/**
 * Looks a login up as the docker command does: `DOCKER_AUTH_CONFIG`, the helper of this registry, the store of all, the
 * file itself.
 *
 * @throws Error in one sentence, without a secret, where a login is kept but cannot be read
 */
export async function loginFor(reference: string, environment: Environment = process.env): Promise<FoundLogin> {
  const registry = registryOf(reference);
  const address = registry === hub ? hubAddress : registry;
  const file = settingsFile(environment);
  const settings = objectIn(file, 'correct it, or log in anew (docker login)') ?? {};
  const given = ofVariable(environment.DOCKER_AUTH_CONFIG, address);
  if (given !== undefined) return { login: given, words: 'with the login in DOCKER_AUTH_CONFIG' };
  const { credsStore, credHelpers } = settings;
  const helper = textAt(credHelpers, address) ?? textAt(credHelpers, registry) ?? text(credsStore);
  if (helper !== undefined) {
    const login = await ask(helper, address, environment);
    if (login !== undefined) return { login, words: `with the login that docker-credential-${helper} keeps` };
  }
  const login = inFile(settings.auths, address, file);
  if (login !== undefined) return { login, words: `with the login in ${file}` };
  const place = helper === undefined ? file : `docker-credential-${helper} and in ${file}`;
  const name = registry === hub ? '' : ` ${registry}`;
  return {
    login: undefined,
    words: `without a login: there is none for ${registry} in ${place}; run "docker login${name}"`,
  };
}

function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function textAt(object: unknown, key: string): string | undefined {
  return typeof object === 'object' && object !== null ? text((object as Record<string, unknown>)[key]) : undefined;
}

function ofVariable(value: string | undefined, address: string): Login | undefined {
  if (!value) return undefined;
  let auths: unknown;
  try {
    auths = (JSON.parse(value) as { auths?: unknown }).auths;
  } catch {
    throw new Error('DOCKER_AUTH_CONFIG is not a JSON object with "auths"; correct it, or leave it out');
  }
  return inFile(auths, address, 'DOCKER_AUTH_CONFIG');
}

/** Keys are hosts, or addresses in the form of earlier versions. */
function inFile(auths: unknown, address: string, file: string): Login | undefined {
  if (typeof auths !== 'object' || auths === null) return undefined;
  const hostOf = (key: string) => key.replace(/^https?:\/\//, '').split('/')[0];
  const entries = Object.entries(auths as Record<string, unknown>);
  const entry = entries.find(([key]) => key === address) ?? entries.find(([key]) => hostOf(key) === hostOf(address));
  if (entry === undefined) return undefined;
  const [key, kept] = entry;
  const identitytoken = textAt(kept, 'identitytoken');
  if (identitytoken !== undefined) return { serveraddress: address, identitytoken };
  const registrytoken = textAt(kept, 'registrytoken');
  if (registrytoken !== undefined) return { serveraddress: address, registrytoken };
  const auth = textAt(kept, 'auth');
  if (auth === undefined) {
    const [username, password] = [textAt(kept, 'username'), textAt(kept, 'password')];
    // What a store keeps leaves an empty object here.
    return username === undefined ? undefined : { serveraddress: address, username, password: password ?? '' };
  }
  const pair = Buffer.from(auth, 'base64').toString();
  const colon = pair.indexOf(':');
  if (colon < 1) throw new Error(`The login for ${key} in ${file} is damaged; log in anew: docker login ${key}`);
  // The docker command takes trailing zeros off, too.
  return {
    serveraddress: address,
    username: pair.slice(0, colon),
    password: pair.slice(colon + 1).replace(/\0+$/, ''),
  };
}

/** Asks a program that keeps logins; undefined where it has none. Address and login pass by its pipes alone. */
async function ask(helper: string, address: string, environment: Environment): Promise<Login | undefined> {
  const program = `docker-credential-${helper}`;
  const { code, output } = await answerOf(program, address, environment);
  if (code !== 0) {
    // Source: credentials.IsErrCredentialsNotFoundMessage
    if (/credentials not found/.test(output)) return undefined;
    throw new Error(
      `${program} does not give the login for ${address} (exit code ${code}); run: docker login ${address}`,
    );
  }
  let kept: unknown;
  try {
    kept = JSON.parse(output);
  } catch {
    throw new Error(`${program} does not answer with the login for ${address}; run: docker login ${address}`);
  }
  const [username, secret] = [textAt(kept, 'Username'), textAt(kept, 'Secret')];
  if (username === undefined || secret === undefined) return undefined;
  return username === '<token>'
    ? { serveraddress: address, identitytoken: secret }
    : { serveraddress: address, username, password: secret };
}

function answerOf(
  program: string,
  address: string,
  env: Environment,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, ['get'], {
      env: env as NodeJS.ProcessEnv,
      stdio: ['pipe', 'pipe', 'ignore'],
      signal: AbortSignal.timeout(helperSeconds * 1_000),
    });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.once('error', ({ code }: NodeJS.ErrnoException) => {
      const reasons: Record<string, string> = {
        ABORT_ERR: `does not answer within ${helperSeconds} s`,
        ENOENT: 'is not on PATH',
      };
      const reason = reasons[code ?? ''] ?? `cannot be started (${code})`;
      reject(
        new Error(
          `${program}, which Docker's settings name for logins, ${reason}; install it, or correct the settings`,
        ),
      );
    });
    child.once('close', (code) => resolve({ code, output }));
    child.stdin.on('error', () => {}).end(address);
  });
}
