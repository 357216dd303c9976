/** What a running broker uses, and what others have changed of what was deployed. */

import type Docker from 'dockerode';
import { driftOf, noDrift, type SeenContainer } from '../../change/drift';
import { areTouched, filesDrift } from '../../change/fileDrift';
import { driftFindings } from '../../doctor/drift';
import type { Finding } from '../../doctor/finding';
import type { Patient } from '../../doctor/patient';
import { roomFindings } from '../../doctor/room';
import { type Inside, insideOf } from '../../operate/doctor/usage';
import type { Look } from '../../operate/look';
import { deployedOf } from '../stack/deployedContainer';
import { firewallDrift } from '../stack/deployedFirewall';
import { type Known, stackOf } from '../stack/known';
import { lookAtNetworks } from '../stack/networks';
import { deliveredFiles } from '../stack/readiness';
import type { Report } from './report';

/** Room and limits, which only a broker that runs tells, and what others have changed. */
export async function insidePart(
  known: Known,
  patient: Patient,
  container: Docker.Container,
  running: Docker.ContainerInspectInfo | undefined,
  seen: Look | undefined,
  unseen: Report,
): Promise<Finding[]> {
  const ports = known.settings?.listeners.map(({ port }) => port);
  const inside =
    running && (await insideOf(container, running, ports).catch((error) => unseen('room and limits', error)));
  return [
    ...(inside === undefined ? [] : roomFindings(patient, inside.usage)),
    ...(await driftPart(known, patient, seen, inside, unseen)),
  ];
}

async function driftPart(
  known: Known,
  patient: Patient,
  seen: Look | undefined,
  inside: Inside | undefined,
  unseen: Report,
): Promise<Finding[]> {
  const { resources, settings } = known;
  const unreadable = inside?.unreadable ?? [];
  if (resources === undefined || seen === undefined) {
    const nothing = { container: [], restore: undefined, files: [], networks: [], firewall: [], isUnfinished: false };
    return driftFindings(patient, { ...nothing, unreadable });
  }
  const deployed = deployedOf(resources);
  const [firewall, networks] = await Promise.all([
    firewallDrift(resources).catch((error) => unseen('the firewall', error)),
    lookAtNetworks(resources, patient.container).catch((error) => unseen('the networks', error)),
  ]);
  const stack = stackOf(known);
  const isTouched = areTouched(seen);
  const wanted =
    isTouched && stack !== undefined
      ? await deliveredFiles(stack, seen).catch((error) => unseen('which lines of the files are others', error))
      : undefined;
  // Its state is told by itself, and what it cannot read, too.
  const broken = unreadable.map((path) => path.slice(path.lastIndexOf('/') + 1));
  const calm = {
    ...seen,
    exposed: seen.exposed.filter((name) => !broken.includes(name)),
    container: seen.container && ({ ...seen.container, state: 'running' } satisfies SeenContainer),
  };
  const files =
    seen.container === undefined
      ? []
      : (filesDrift(calm, calm.container?.startedAt ?? 0, deployed, wanted).words ?? []);
  const drift = calm.container === undefined ? noDrift : driftOf(calm, deployed, wanted);
  return driftFindings(patient, {
    container: drift.words.filter((line) => !files.includes(line)),
    restore: drift.replace || drift.detach.length > 0 ? undefined : drift.restore,
    files,
    networks: networks?.words ?? [],
    firewall: firewall?.words ?? [],
    isUnfinished: seen.unfinished && settings !== undefined,
    unreadable,
  });
}
