/** A look at everything of a deployed broker, part by part: what cannot be looked at keeps no other part from it. */

import type Docker from 'dockerode';
import { type Holder, holderOf, holderProblem } from '../../change/owner';
import { termFindings } from '../../doctor/certificates';
import { diagnosed, type Finding, finding, type Unseen } from '../../doctor/finding';
import { logFindings } from '../../doctor/log';
import { type Patient, up } from '../../doctor/patient';
import { dockerEngine, imageId, settled, stateOf } from '../../operate/docker';
import { useAddress } from '../../operate/dockerAddress';
import { linesOf } from '../../operate/doctor/lines';
import { firewallManagers, managerWords } from '../../operate/firewallManagers';
import { type Look, look } from '../../operate/look';
import { machineOf } from '../../operate/machine';
import { deployedOf } from '../stack/deployedContainer';
import { deployedFirewall } from '../stack/deployedFirewall';
import type { Known } from '../stack/known';
import { claimOf } from '../stack/readiness';
import { clockPart } from './clockPart';
import { containerPart } from './containerPart';
import { insidePart } from './insidePart';
import { answering, patientOf, silentEngine } from './patient';
import type { Report } from './report';
import { servedPart } from './servedPart';
import { termsOf } from './terms';
import { watchersPart } from './watchersPart';

export interface Examination {
  /** When it was made, ISO 8601. */
  time: string;
  stack: string;
  container: string;
  /** The cause first. */
  findings: Finding[];
  unseen: Unseen[];
}

const daySeconds = 86_400;

export async function examine(known: Known): Promise<Examination> {
  const unseen = [...known.unseen];
  const patient = patientOf(known);
  const findings = await findingsOf(known, patient, (what, error) => {
    unseen.push({ what, why: firstLine(error) });
    return undefined;
  });
  const { stack, container } = patient;
  return { time: new Date().toISOString(), stack, container, findings: diagnosed(findings), unseen };
}

async function findingsOf(known: Known, patient: Patient, unseen: Report): Promise<Finding[]> {
  const address = await answering(known);
  if (address instanceof Error) return [silentEngine(patient, address)];
  useAddress(address);
  const docker = dockerEngine(null);
  const container = docker.getContainer(patient.container);
  const now = await timeThere(docker);
  const seen = await lookAtFiles(known, patient, docker).catch((error) => unseen('container and files', error));
  const info = seen?.info ?? (await settled(container).catch((error) => unseen('the container', error)));
  const holder = seen === undefined ? undefined : holderIn(known, patient, seen);
  if (holder !== undefined) {
    const { says, remedy } = holderProblem(patient.container, holder, known.name);
    return [finding('broker-of-another', { says: `The container is not that of this stack: ${says}`, remedy })];
  }
  const isDeployed = known.resources !== undefined && deployedOf(known.resources).container !== undefined;
  if (info === undefined && !isDeployed) {
    const what = known.resources === undefined ? 'the container' : 'what was deployed';
    unseen(what, new Error(`there is no ${patient.runtime} ${patient.container}; run: ${up(patient)}`));
    return [];
  }
  const isRunning = info !== undefined && stateOf(info) === 'running';
  const parts: Array<Promise<Finding[]>> = [
    containerPart(known, patient, container, info).catch((error) => unseen('the container', error) ?? []),
    clockPart(address, container, seen, known).catch((error) => unseen('the clock', error) ?? []),
    managersPart(known).catch(() => []),
    watchersPart(known, patient).catch((error) => unseen('what watches the broker', error) ?? []),
    info === undefined
      ? Promise.resolve([])
      : logPart(known, patient, container, now).catch((error) => unseen('the log', error) ?? []),
    isRunning
      ? servedPart(known, patient, unseen).catch((error) => unseen('what listeners show and answer', error) ?? [])
      : Promise.resolve([]),
    insidePart(known, patient, container, isRunning ? info : undefined, seen, unseen),
    Promise.resolve(termFindings(patient, termsOf(known), Date.now())),
  ];
  return (await Promise.all(parts)).flat();
}

/** By the clock of its machine. */
async function timeThere(docker: Docker): Promise<number> {
  const { SystemTime = '' } = (await docker.info().catch(() => ({}))) as { SystemTime?: string };
  const at = Date.parse(SystemTime);
  return Number.isFinite(at) ? at : Date.now();
}

function lookAtFiles({ settings, resources }: Known, { container }: Patient, docker: Docker): Promise<Look> {
  const image = (resources && deployedOf(resources).container?.options.image) ?? settings?.image;
  return look(docker, container, async () => (image === undefined ? undefined : imageId(docker, image)));
}

/** Without a state nobody knows whose it is. */
function holderIn(known: Known, { container }: Patient, seen: Look): Holder {
  const { name, settings, resources } = known;
  if (settings === undefined || resources === undefined) return undefined;
  return holderOf(seen.owners, claimOf({ name, settings }, resources, container));
}

async function managersPart({ resources }: Known): Promise<Finding[]> {
  if (resources === undefined || deployedFirewall(resources) === undefined) return [];
  const machine = machineOf(null);
  return managerWords(await firewallManagers(machine), machine).map((says) =>
    finding('firewall-manager', { says, remedy: 'Nothing, as long as both say the same of who gets in' }),
  );
}

async function logPart(
  { settings }: Known,
  patient: Patient,
  container: Docker.Container,
  now: number,
): Promise<Finding[]> {
  const lines = await linesOf(container, Math.floor(now / 1_000) - daySeconds);
  const devices = new Set((settings?.devices ?? []).map(({ id }) => id));
  return logFindings(patient, lines, now, devices);
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0] ?? '';
}
