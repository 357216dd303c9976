/** Which broker is looked at, and whether its engine answers. Nothing is started. */

import type Docker from 'dockerode';
import { type Finding, finding } from '../../doctor/finding';
import type { Patient } from '../../doctor/patient';
import { isService } from '../../mosquitto/serviceAddress';
import { dockerEngine } from '../../operate/docker';
import { addressOf, type DockerAddress, useAddress, usualAddresses } from '../../operate/dockerAddress';
import { mustAnswer } from '../../operate/reach';
import { deployedOf } from '../stack/deployedContainer';
import type { Known } from '../stack/known';

/** Name and kind of what runs the broker: as it was deployed, else as it is wanted. */
export function patientOf({ name, settings, resources, file }: Known): Patient {
  const deployed = resources && deployedOf(resources).container?.options;
  const written = file.values[`${file.project}:containerName`];
  const container =
    deployed?.name ??
    settings?.containerName ??
    (typeof written === 'string' && written !== '' ? written : `${file.project}-${name}`);
  const isOfService = deployed === undefined ? settings?.runtime === 'service' : deployed.networkMode === 'host';
  return {
    stack: name,
    container,
    runtime: isOfService ? 'service' : 'container',
    engine: namedEngine(settings?.dockerHost),
  };
}

/**
 * The container of a stack on an engine that answers.
 *
 * @throws Error where it does not
 */
export async function reachable(known: Known): Promise<{ container: Docker.Container; patient: Patient }> {
  const patient = patientOf(known);
  const address = await answering(known);
  if (address instanceof Error) throw address;
  useAddress(address);
  return { container: dockerEngine(null).getContainer(patient.container), patient };
}

/** What a person has to tell the `docker` command, which heeds the environment by itself. */
function namedEngine(dockerHost: string | undefined): string | undefined {
  return dockerHost === undefined ||
    usualAddresses().some(({ host }) => host === dockerHost) ||
    dockerHost === 'systemd:'
    ? undefined
    : dockerHost;
}

/** The engine, where it answers; nothing is started. */
export async function answering({ settings }: Known): Promise<DockerAddress | Error> {
  try {
    const address = addressOf(settings?.dockerHost);
    if (!isService(address.host)) return await mustAnswer(settings?.dockerHost);
    useAddress(address);
    await dockerEngine(null).version();
    return address;
  } catch (error) {
    return error as Error;
  }
}

export function silentEngine(patient: Patient, { message }: Error): Finding {
  const [says = message, ...remedies] = message.split('; ');
  const remedy = remedies.join('; ') || 'start it there';
  return finding('engine-silent', {
    says,
    remedy: `${remedy[0]?.toUpperCase()}${remedy.slice(1)}`,
    run: patient.runtime === 'service' ? [] : ['docker info'],
  });
}
