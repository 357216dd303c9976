/** Clients of a Docker engine, made from its address alone: the environment has no say in them. */

import { readFileSync } from 'node:fs';
import { Agent } from 'node:http';
import { Agent as SecuredAgent } from 'node:https';
import { join } from 'node:path';
import Docker from 'dockerode';
import { isService } from '../mosquitto/serviceAddress';
import { heeding } from './brokenAnswers';
import type { DockerAddress } from './dockerAddress';
import { SshAgent } from './dockerSsh';
import { machineOf } from './machine';
import { ServiceEngine } from './service/serviceEngine';

/** What dockerode takes beside what its type declarations say. */
type Options = Docker.DockerOptions & { agent?: unknown };

/** Variables that dockerode would read in place of its options, and fail at. */
const variables = ['DOCKER_HOST', 'DOCKER_TLS_VERIFY', 'DOCKER_CERT_PATH', 'DOCKER_PATH_PREFIX'] as const;

/** A client of the engine at an address. */
export function clientOf(address: DockerAddress): Docker {
  if (isService(address.host)) return new ServiceEngine(machineOf(address.host)) as unknown as Docker;
  const before = variables.map((name) => [name, process.env[name]] as const);
  for (const name of variables) delete process.env[name];
  try {
    return new Docker(optionsOf(address));
  } finally {
    for (const [name, value] of before) if (value !== undefined) process.env[name] = value;
  }
}

function optionsOf({ host, certificates }: DockerAddress): Options {
  if (/^(unix|npipe):/.test(host)) return { socketPath: host.replace(/^\w+:\/\//, ''), agent: nearAgent };
  // The name stands in a header that nobody reads.
  if (host.startsWith('ssh:')) return { protocol: 'http', host: 'docker.example.com', port: 80, agent: agentOf(host) };
  const { hostname, port, protocol } = new URL(host.replace(/^tcp:/, 'http:'));
  const place = { host: hostname, port: port || (protocol === 'https:' ? 443 : 80) };
  if (certificates === undefined && protocol === 'https:') return { ...place, protocol: 'https' };
  // One of its own, because Node's may go by a proxy of the environment.
  if (certificates === undefined) return { ...place, protocol: 'http', agent: heeding(new Agent()) };
  return { ...place, protocol: 'https', agent: securedAgent(certificates) };
}

/** Keeps connections as Node's own one does. Source: nodejs.org/api/http.html, http.globalAgent. */
const nearAgent = heeding(new Agent({ keepAlive: true, scheduling: 'lifo', timeout: 5_000 }));

const agents = new Map<string, SshAgent>();

/** One for all clients, so that they share its connections. */
function agentOf(host: string): SshAgent {
  const key = `${host} ${process.env.DOCKER_SSH_OPTS ?? ''}`;
  const agent = agents.get(key) ?? heeding(new SshAgent(host));
  agents.set(key, agent);
  return agent;
}

/** Ends connections that are kept for nobody now, where a machine counts those of all programs together. */
export function releaseConnections(): void {
  for (const agent of agents.values()) agent.release();
}

/** Verifies whatever the environment says of that. */
function securedAgent(folder: string): SecuredAgent {
  const [ca, cert, key] = ['ca.pem', 'cert.pem', 'key.pem'].map((name) => readFileSync(join(folder, name)));
  return heeding(new SecuredAgent({ ca, cert, key, rejectUnauthorized: true, minVersion: 'TLSv1.2' }));
}
