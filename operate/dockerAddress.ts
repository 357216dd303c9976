/**
 * Which Docker engine it is. Everybody who talks to one asks here, so that set-up, the plug-in, the programs and the
 * `docker` command of a shell mean the same one.
 */

import { existsSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { isService } from '../mosquitto/serviceAddress';
import { contextEndpoint, currentContext, homeFolder, settingsFolder } from './dockerSettings';

type Environment = Readonly<Record<string, string | undefined>>;

/** Where a Docker engine is, and how it is spoken to. */
export interface DockerAddress {
  /** In the form of `DOCKER_HOST`, with a port. */
  host: string;
  /** Who named it, in words, such as `DOCKER_HOST`; undefined where nobody did. */
  by: string | undefined;
  /** Absolute path of a folder with ca.pem, cert.pem and key.pem; undefined without TLS. */
  certificates: string | undefined;
}

const systemSocket = 'unix:///var/run/docker.sock';
const certificateFiles = ['ca.pem', 'cert.pem', 'key.pem'] as const;

/** Variables by which Docker's clients and the plug-in find an engine, each in an order of its own. */
const variables = [
  'DOCKER_HOST',
  'DOCKER_CONTEXT',
  'DOCKER_TLS',
  'DOCKER_TLS_VERIFY',
  'DOCKER_CERT_PATH',
  'DOCKER_CA_MATERIAL',
  'DOCKER_CERT_MATERIAL',
  'DOCKER_KEY_MATERIAL',
] as const;

/** In the environment of a preview that touches no engine: the address of one that is played. */
export const playedVariable = 'AIPI_PLAYED_ENGINE';

/** In the environment of the program: the address of the engine that has just answered whoever starts it. */
export const answeredVariable = 'AIPI_ANSWERED_ENGINE';

/**
 * The engine that somebody has chosen: `dockerHost`, else `DOCKER_HOST`, else the context in `DOCKER_CONTEXT`, else the
 * current one. The order of the last three is that of the `docker` command.
 *
 * @param dockerHost that of the stack; undefined for none
 * @returns undefined where nobody has chosen one
 * @throws Error in one sentence, where what was chosen leads nowhere
 */
export function chosenAddress(
  dockerHost: string | undefined,
  environment: Environment = process.env,
): DockerAddress | undefined {
  const { DOCKER_HOST, DOCKER_CONTEXT, [playedVariable]: played } = environment;
  if (played) return { host: played, by: playedVariable, certificates: undefined };
  if (dockerHost) return named(dockerHost, 'dockerHost in the stack config', environment);
  if (DOCKER_HOST) return named(DOCKER_HOST, 'DOCKER_HOST', environment);
  const context = DOCKER_CONTEXT || currentContext(environment);
  if (context === undefined || context === 'default') return undefined;
  return ofContext(context, environment);
}

/** The addresses of engines on this machine, for the case that nobody has chosen one. */
export function usualAddresses(environment: Environment = process.env): DockerAddress[] {
  const { XDG_RUNTIME_DIR } = environment;
  const rootless = XDG_RUNTIME_DIR ? [`unix://${XDG_RUNTIME_DIR}/docker.sock`] : [];
  const hosts = [systemSocket, ...rootless, `unix://${homeFolder()}/.docker/run/docker.sock`];
  return hosts.map((host) => ({ host, by: undefined, certificates: undefined }));
}

/** The chosen engine, else the first usual one whose socket is there. */
export function addressOf(dockerHost: string | undefined, environment: Environment = process.env): DockerAddress {
  const usual = usualAddresses(environment);
  const [first] = usual;
  return (
    chosenAddress(dockerHost, environment) ??
    usual.find(({ host }) => existsSync(host.slice('unix://'.length))) ??
    (first as DockerAddress)
  );
}

/** Variables that make every client of Docker find this engine, and no other: undefined is for those that must not be set. */
export function environmentOf({ host, certificates }: DockerAddress): Record<string, string | undefined> {
  const none = Object.fromEntries(variables.map((name) => [name, undefined]));
  const secured = certificates !== undefined && { DOCKER_TLS_VERIFY: '1', DOCKER_CERT_PATH: certificates };
  return { ...none, DOCKER_HOST: host, ...secured };
}

/** Makes this process, and all that it starts from now on, find this engine. */
export function useAddress(address: DockerAddress): void {
  for (const [name, value] of Object.entries(environmentOf(address))) {
    if (value === undefined) delete process.env[name];
    else process.env[name] = value;
  }
}

/** What was written, with the certificates of the environment where it is reached by TCP. */
function named(written: string, by: string, environment: Environment): DockerAddress {
  if (isService(written)) return { host: written, by, certificates: undefined };
  if (!isTcp(written)) return { host: normal(written, by, false), by, certificates: undefined };
  const certificates = ofEnvironment(environment, by);
  return { host: normal(written, by, certificates !== undefined), by, certificates };
}

function ofEnvironment(environment: Environment, by: string): string | undefined {
  const { DOCKER_TLS, DOCKER_TLS_VERIFY, DOCKER_CERT_PATH } = environment;
  if (!DOCKER_TLS_VERIFY) {
    if (!DOCKER_TLS) return undefined;
    throw new Error(
      `DOCKER_TLS asks for an engine whose certificate is not verified, which the plug-in never does for that of ${by}; ` +
        'set DOCKER_TLS_VERIFY=1, and DOCKER_CERT_PATH to a folder with ca.pem, cert.pem and key.pem, in its place',
    );
  }
  const folder = resolve(DOCKER_CERT_PATH || settingsFolder(environment));
  mustBeWhole(folder, 'DOCKER_TLS_VERIFY is set', 'put them there, or set DOCKER_CERT_PATH to their folder');
  return folder;
}

function ofContext(name: string, environment: Environment): DockerAddress {
  const source = environment.DOCKER_CONTEXT ? ', which DOCKER_CONTEXT names,' : '';
  const by = `the Docker context "${name}"`;
  const endpoint = contextEndpoint(name, environment);
  const choose = `choose another (docker context ls; docker context use …), or set DOCKER_HOST`;
  if (endpoint === undefined) {
    const folder = settingsFolder(environment);
    throw new Error(`The Docker context "${name}"${source} is not in ${folder}; ${choose}`);
  }
  const { host, skipsVerification, certificates: folder } = endpoint;
  if (host === undefined) throw new Error(`The Docker context "${name}"${source} has no host; ${choose}`);
  const isSecured = isTcp(host) && (skipsVerification || existsSync(folder));
  if (!isSecured) return { host: normal(host, by, false), by, certificates: undefined };
  if (skipsVerification) {
    throw new Error(
      `${capital(by)} does not verify the certificate of its engine, which the plug-in always does; ` +
        `give it the authority: docker context update ${name} --docker host=${host},ca=…,cert=…,key=…`,
    );
  }
  const update = `docker context update ${name} --docker host=${host},ca=…,cert=…,key=…`;
  mustBeWhole(folder, `${by} asks for TLS`, `give it all three: ${update}`);
  return { host: normal(host, by, true), by, certificates: folder };
}

/** The plug-in takes all three or none. */
function mustBeWhole(folder: string, why: string, remedy: string): void {
  for (const name of certificateFiles) {
    const file = join(folder, name);
    const fault = faultOf(file);
    if (fault !== undefined) throw new Error(`${capital(why)}, and ${file} ${fault}; ${remedy}`);
  }
}

function faultOf(file: string): string | undefined {
  if (!existsSync(file)) return 'is not there';
  try {
    const text = readFileSync(file, 'latin1');
    if (!text.includes('-----BEGIN ')) return 'is not PEM';
    return /ENCRYPTED/.test(text) ? 'is encrypted, and Docker takes no passphrase' : undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EACCES' ? 'cannot be read (permission denied)' : 'cannot be read';
  }
}

function isTcp(host: string): boolean {
  return !/^(unix|npipe|ssh|fd):/.test(host);
}

/** As the `docker` command reads it: an address without a scheme is one of TCP, and one without a port has the usual one. */
function normal(written: string, by: string, isSecured: boolean): string {
  if (written === 'unix://') return systemSocket;
  if (/^(unix|npipe):\/\/\S/.test(written)) return written;
  const url = /^[a-z]+:\/\//.test(written) ? written : `tcp://${written}`;
  const usable = /^(tcp|ssh|http|https):\/\/[^/\s]/.test(url) && !/\s/.test(url) && URL.canParse(url);
  if (!usable) {
    throw new Error(
      `"${written}", of ${by}, is not the address of a Docker engine; write unix:///…, tcp://HOST:PORT or ssh://USER@HOST`,
    );
  }
  const { protocol, hostname, port, password, username } = new URL(url);
  if (password !== '') {
    throw new Error(`The address of ${by} holds a password, which would be shown; use a key of SSH, or certificates`);
  }
  if (protocol === 'ssh:' || port !== '') return url.replace(/^(tcp:\/\/[^/]+)\/$/, '$1');
  if (protocol !== 'tcp:') return url;
  const login = username === '' ? '' : `${username}@`;
  return `tcp://${login}${hostname}:${isSecured ? 2376 : 2375}`;
}

function capital(words: string): string {
  return `${words[0]?.toUpperCase()}${words.slice(1)}`;
}
