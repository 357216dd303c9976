/** The broker's container as the state of a stack has it, in the words of a look at a real one. */

import type { Deployed } from '../../change/drift';
import { type StoredResource, stored, storedOutputs } from './state';

/** What is read of the inputs of `docker.Container`. */
interface Inputs {
  name: string;
  image: string;
  user: string;
  command: string[];
  readOnly: boolean;
  capabilities: { drops: string[] };
  securityOpts: string[];
  ports: Array<{ ip: string; external: number; internal: number; protocol: string }>;
  networkMode: string;
  volumes: Array<{ volumeName: string; containerPath: string; readOnly?: boolean }>;
  memory: number;
  ulimits: Array<{ name: string; soft: number; hard: number }>;
  restart: string;
  logDriver: string;
}

/** What was deployed, as far as the state tells. */
export function deployedOf(resources: readonly StoredResource[]): Deployed {
  const resource = stored(resources, 'docker:index/container:Container', 'broker-container');
  const { delivered } = (storedOutputs(resources).verification ?? {}) as { delivered?: string };
  return { container: resource && containerOf(resource), folder: delivered };
}

function containerOf({ id = '', inputs }: StoredResource): NonNullable<Deployed['container']> {
  const container = inputs as unknown as Inputs;
  return {
    name: container.name,
    id,
    options: {
      image: container.image,
      user: container.user,
      command: container.command.join(' '),
      'read-only root': String(container.readOnly),
      privileged: 'false',
      'dropped capabilities': list(container.capabilities.drops),
      'added capabilities': 'none',
      'security options': list(container.securityOpts),
      ports: list(container.ports.map((at) => `${at.ip}:${at.external}:${at.internal}/${at.protocol}`)),
      network: container.networkMode,
      volumes: list(
        container.volumes.map((at) => `${at.volumeName}:${at.containerPath}:${at.readOnly === true ? 'ro' : 'rw'}`),
      ),
      'memory in MiB': String(container.memory),
      'open files': list(container.ulimits.map(({ name, soft, hard }) => `${name}=${soft}:${hard}`)),
      'restart policy': container.restart,
      'log driver': container.logDriver,
    },
  };
}

function list(values: readonly string[]): string {
  return [...values].sort().join(', ') || 'none';
}
