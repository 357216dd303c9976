/** What runs the broker, or keeps it from running. */

import type Docker from 'dockerode';
import { containerFindings, type Place, type SeenState } from '../../doctor/container';
import type { Finding } from '../../doctor/finding';
import { unpublishedFindings } from '../../doctor/listeners';
import type { Patient } from '../../doctor/patient';
import { takenOf } from '../../operate/availability';
import { execute, logs, startErrorOf, stateOf } from '../../operate/docker';
import { machineOf } from '../../operate/machine';
import { deployedOf } from '../stack/deployedContainer';
import type { Known } from '../stack/known';

const lastWords = 3;

export async function containerPart(
  { settings, resources }: Known,
  patient: Patient,
  container: Docker.Container,
  info: Docker.ContainerInspectInfo | undefined,
): Promise<Finding[]> {
  const deployed = resources && deployedOf(resources).container?.options;
  const isRunning = info !== undefined && stateOf(info) !== 'stopped';
  const wanted: Place[] =
    deployed?.ports.map(({ ip, external }) => ({ port: external, bindAddress: ip })) ?? publishedIn(info);
  const taken = isRunning ? [] : await takenOf(machineOf(null), wanted);
  const state = info === undefined ? undefined : await stateWords(container, info);
  const memory = settings?.limits.memoryLimitMebibytes;
  return [
    ...containerFindings(patient, state, taken, memory),
    ...unpublishedFindings(patient, info === undefined || deployed === undefined ? [] : unpublished(info, wanted)),
  ];
}

function publishedIn(info: Docker.ContainerInspectInfo | undefined): Place[] {
  const bindings = Object.values(info?.HostConfig?.PortBindings ?? {}) as Array<Array<{
    HostIp: string;
    HostPort: string;
  }> | null>;
  return bindings.flatMap((places) =>
    (places ?? []).map(({ HostIp, HostPort }) => ({ port: Number(HostPort), bindAddress: HostIp || '0.0.0.0' })),
  );
}

/** Of a container that runs; a service publishes nothing. */
function unpublished(info: Docker.ContainerInspectInfo, wanted: readonly Place[]): string[] {
  if (stateOf(info) !== 'running' || info.HostConfig.NetworkMode === 'host') return [];
  const published = Object.values(info.NetworkSettings.Ports ?? {}) as Array<Array<{ HostPort: string }> | null>;
  const ports = published.flatMap((places) => (places ?? []).map(({ HostPort }) => Number(HostPort)));
  return [...new Set(wanted.filter(({ port }) => !ports.includes(port)).map(({ port }) => String(port)))];
}

async function stateWords(container: Docker.Container, info: Docker.ContainerInspectInfo): Promise<SeenState> {
  const { State } = info;
  const state = stateOf(info);
  const said = state === 'running' ? '' : await logs(container).catch(() => '');
  return {
    state,
    exitCode: State.ExitCode,
    startError: startErrorOf(info),
    isKilled: State.OOMKilled === true,
    complaint: state === 'running' ? await complaintOf(container, info) : undefined,
    lastWords: said.trim() === '' ? [] : said.trim().split('\n').slice(-lastWords),
  };
}

/**
 * The engine asks each half a minute, and what it knows may be over: so whoever is said to be ill is asked again, in the
 * same way.
 */
async function complaintOf(
  container: Docker.Container,
  { State, Config }: Docker.ContainerInspectInfo,
): Promise<string | undefined> {
  const [kind, test] = Config.Healthcheck?.Test ?? [];
  if (State.Health?.Status !== 'unhealthy' || kind !== 'CMD-SHELL' || test === undefined) return undefined;
  const { code, output } = await execute(container, ['sh', '-c', test]);
  return code === 0 ? undefined : output.trim() || 'its check of health fails';
}
