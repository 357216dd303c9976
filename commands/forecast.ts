/** What an update will do to devices and to those who are connected, in plain words, before it is done. */

import type Docker from 'dockerode';
import type { OptionChanges } from '../change/container';
import { changeProblems, type FleetChange, fleetChange } from '../fleet/change';
import { readRecord } from '../fleet/files';
import { renderConfiguration } from '../mosquitto/configuration';
import { fileNames } from '../mosquitto/files';
import type { VerificationPlan } from '../mosquitto/plan';
import { restartChanges } from '../mosquitto/reload';
import { deployedFile } from '../operate/deployed';
import type { Settings } from '../settings';
import { certificateForecast } from './certificateForecast';

const shown = 5;

/**
 * One line for each thing that will happen; none where nothing is deployed, or nothing changes.
 *
 * @param options what changes of the container
 * @param plan what the deployed stack says of itself; only asked where devices have to be
 */
export async function forecast(
  docker: Docker,
  settings: Settings,
  options: OptionChanges,
  plan: () => Promise<VerificationPlan>,
): Promise<string[]> {
  const broker = docker.getContainer(settings.containerName);
  const [configuration, record] = await Promise.all([
    deployedFile(broker, fileNames.configuration),
    deployedFile(broker, fileNames.fleet),
  ]);
  if (configuration === undefined) return [];
  const certificates = await certificateForecast(broker, settings, plan);
  const fleet = readRecord(record);
  // The root secret is the engine's to read; that it stays is assumed here.
  const secretId = fleet?.secretId ?? '';
  const change = fleetChange(fleet, settings.devices, secretId);
  const problems = changeProblems(fleet, settings.devices, secretId, settings.maxRevokedDevicesPercent);
  return [
    ...(problems.length > 0 ? problems.map((problem) => `Will be refused: ${problem}`) : words(change)),
    ...certificates,
    ...restart([...restartChanges(configuration, renderConfiguration(settings)), ...options.restart]),
    ...options.live.map((line) => `The container gets another limit while it runs: ${line}`),
  ];
}

function words(change: FleetChange): string[] {
  const said: Array<[keyof FleetChange, string]> = [
    ['added', 'to be added'],
    ['revoked', 'to be revoked, and out at once'],
    ['rotated', 'to get a new password, and out until they have it'],
    ['reassigned', 'to get another role'],
  ];
  return said.flatMap(([kind, meaning]) => {
    const ids = change[kind];
    if (ids.length === 0) return [];
    const named = ids.slice(0, shown).join(', ') + (ids.length > shown ? ', …' : '');
    return [`${ids.length} ${ids.length === 1 ? 'device' : 'devices'} ${meaning}: ${named}`];
  });
}

/** Why the broker restarts. */
export function restart(lines: readonly string[]): string[] {
  if (lines.length === 0) return [];
  return [
    'The broker restarts and everybody is away for seconds, because only a restart applies:',
    ...lines.map((line) => `  ${line}`),
  ];
}
