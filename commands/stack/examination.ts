/** A look at everything of a deployed broker, part by part: what cannot be looked at keeps no other part from it. */

import type Docker from 'dockerode';
import { clockProblems } from '../../certificates/clock';
import type { Term } from '../../certificates/terms';
import { clockMoved } from '../../change/decide';
import { driftOf, type SeenContainer } from '../../change/drift';
import { areTouched, filesDrift } from '../../change/fileDrift';
import { type Holder, holderOf, holderProblem } from '../../change/owner';
import { recordsIn } from '../../change/records';
import { shownFindings, termFindings } from '../../doctor/certificates';
import { containerFindings, type Place, type SeenState } from '../../doctor/container';
import { driftFindings } from '../../doctor/drift';
import { diagnosed, type Finding, finding, type Unseen } from '../../doctor/finding';
import { answerFindings, nameFindings, unpublishedFindings } from '../../doctor/listeners';
import { logFindings } from '../../doctor/log';
import { type Patient, up } from '../../doctor/patient';
import { roomFindings } from '../../doctor/room';
import { isService } from '../../mosquitto/serviceAddress';
import { planFor, type Target, type VerificationPlan, verifiedCertificates } from '../../mosquitto/verificationPlan';
import { takenOf } from '../../operate/availability';
import { provable } from '../../operate/client';
import { clockMark } from '../../operate/clock';
import { clockProblem } from '../../operate/clocks';
import { dockerEngine, imageId, logs, settled, startErrorOf, stateOf } from '../../operate/docker';
import { addressOf, type DockerAddress, useAddress, usualAddresses } from '../../operate/dockerAddress';
import { linesOf } from '../../operate/doctor/lines';
import { namesSeen } from '../../operate/doctor/names';
import { servedBy } from '../../operate/doctor/served';
import { type Inside, insideOf } from '../../operate/doctor/usage';
import { firewallManagers, managerWords } from '../../operate/firewallManagers';
import { type Look, look } from '../../operate/look';
import { machineOf } from '../../operate/machine';
import { mustAnswer } from '../../operate/reach';
import { deployedOf } from './deployedContainer';
import { deployedFirewall, firewallDrift } from './deployedFirewall';
import { type Known, stackOf } from './known';
import { lookAtNetworks } from './networks';
import { claimOf, deliveredFiles } from './readiness';
import { storedOutputs } from './state';

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
const lastWords = 3;

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

type Report = (what: string, error: unknown) => undefined;

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
  const isThere =
    info !== undefined || known.resources === undefined || deployedOf(known.resources).container !== undefined;
  if (!isThere) {
    unseen('what was deployed', new Error(`nothing has been deployed yet; run: ${up(patient)}`));
    return [];
  }
  const isRunning = info !== undefined && stateOf(info) === 'running';
  const parts: Array<Promise<Finding[]>> = [
    containerPart(known, patient, container, info).catch((error) => unseen('the container', error) ?? []),
    clockPart(address, container, seen, known).catch((error) => unseen('the clock', error) ?? []),
    managersPart(known).catch(() => []),
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

/** Name and kind of what runs the broker: as it was deployed, else as it is wanted. */
function patientOf({ name, settings, resources, file }: Known): Patient {
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
async function answering({ settings }: Known): Promise<DockerAddress | Error> {
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

function silentEngine(patient: Patient, { message }: Error): Finding {
  const [says = message, ...remedies] = message.split('; ');
  const remedy = remedies.join('; ') || 'start it there';
  return finding('engine-silent', {
    says,
    remedy: `${remedy[0]?.toUpperCase()}${remedy.slice(1)}`,
    run: patient.runtime === 'service' ? [] : ['docker info'],
  });
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

async function containerPart(
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
  const health = (State as { Health?: { Status: string; Log?: Array<{ Output: string }> } }).Health;
  const isIll = health?.Status === 'unhealthy';
  const said = state === 'running' ? '' : await logs(container).catch(() => '');
  return {
    state,
    exitCode: State.ExitCode,
    startError: startErrorOf(info),
    isKilled: (State as { OOMKilled?: boolean }).OOMKilled === true,
    complaint: isIll ? (health.Log?.at(-1)?.Output.trim() ?? 'its check of health fails') : undefined,
    lastWords: said.trim() === '' ? [] : said.trim().split('\n').slice(-lastWords),
  };
}

/** The clock of this machine, that of the engine's, and how long the broker has run. */
async function clockPart(
  address: DockerAddress,
  container: Docker.Container,
  seen: Look | undefined,
  known: Known,
): Promise<Finding[]> {
  const apart = isService(address.host) ? undefined : await clockProblem(address);
  const mark = await clockMark(container);
  const moved = seen === undefined ? undefined : clockMoved(recordsIn(seen.files), mark);
  const problems = clockProblems(termsOf(known), moved, Date.now());
  return [
    ...(apart === undefined ? [] : [clockFinding(apart)]),
    ...problems.map(({ says, remedy }) => clockFinding(`${says}; ${remedy}`)),
  ];
}

function clockFinding(words: string): Finding {
  const [says = words, ...remedies] = words.split('; ');
  return finding('clock-off', {
    says: `${says[0]?.toUpperCase()}${says.slice(1)}`,
    remedy: `${remedies.join('; ').replace(/^./, (first) => first.toUpperCase())}`,
    run: ['date --utc', 'timedatectl set-ntp true'],
  });
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

async function servedPart(known: Known, patient: Patient, unseen: Report): Promise<Finding[]> {
  const { settings, resources } = known;
  const targets = targetsOf(known);
  if (targets === undefined) {
    unseen('what listeners show and answer', new Error('neither stack file nor state says which there are'));
    return [];
  }
  const deployed = termsOf(known).server?.fingerprint ?? null;
  const outputs = storedOutputs(resources ?? []);
  const authority = typeof outputs.caCertificate === 'string' ? outputs.caCertificate : '';
  const names = [...(settings?.dnsNames ?? []), ...(settings?.ipAddresses ?? [])];
  const plan: VerificationPlan = {
    ...planFor(
      { dockerHost: undefined, containerName: patient.container, listeners: [], dnsNames: names, ipAddresses: [] },
      [],
      [],
      verifiedCertificates(authority, deployed, termsOf(known), {}),
    ),
    targets,
  };
  const reached = provable(plan);
  const hasTls = reached.some(({ scheme }) => /s$/.test(scheme));
  const [{ shown, answers }, leads] = await Promise.all([
    servedBy(plan, reached, hasTls ? names : []),
    namesSeen(hasTls ? (settings?.dnsNames ?? []) : [], reached, deployed),
  ]);
  return [
    ...shownFindings(patient, shown, deployed ?? undefined, Date.now()),
    ...answerFindings(patient, answers),
    ...nameFindings(patient, leads),
  ];
}

/** Listeners as they are deployed; where the state does not say, as they are wanted. */
function targetsOf({ settings, resources }: Known): Target[] | undefined {
  const wanted = settings && planFor(settings, [], [], verifiedCertificates('', null, {}, {})).targets;
  const endpoints = storedOutputs(resources ?? []).endpoints as Record<string, string> | undefined;
  const ports = (resources && deployedOf(resources).container?.options.ports) ?? [];
  if (endpoints === undefined) return wanted;
  const known = wanted?.filter(({ name }) => endpoints[name.replace(/ at .*$/, '')] !== undefined) ?? [];
  const names = new Set(known.map(({ name }) => name.replace(/ at .*$/, '')));
  const others = Object.keys(endpoints).filter((name) => !names.has(name));
  return [
    ...known,
    ...others.flatMap((name): Target[] => {
      const [scheme = 'mqtt', number] = name.split('-');
      const published = ports.find(({ external }) => external === Number(number));
      if (published === undefined) return [];
      const isAll = published.ip === '0.0.0.0' || published.ip === '::';
      const address = published.ip === '::' ? '::1' : isAll ? '127.0.0.1' : published.ip;
      return [
        {
          name,
          scheme: scheme as Target['scheme'],
          clients: 'accounts',
          address,
          port: published.external,
          loopback: !isAll && /^(127\.|::1$)/.test(address),
          requireCertificate: false,
          useIdentityAsUsername: false,
        },
      ];
    }),
  ];
}

/** Room and limits, which only a broker that runs tells, and what others have changed. */
async function insidePart(
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
    const nothing = { container: [], files: [], networks: [], firewall: [], isUnfinished: false };
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
  const all = calm.container === undefined ? [] : driftOf(calm, deployed, wanted).words;
  return driftFindings(patient, {
    container: all.filter((line) => !files.includes(line)),
    files,
    networks: networks?.words ?? [],
    firewall: firewall?.words ?? [],
    isUnfinished: seen.unfinished && settings !== undefined,
    unreadable,
  });
}

function termsOf({ resources }: Known): Record<string, Term> {
  return (storedOutputs(resources ?? []).certificateTerms ?? {}) as Record<string, Term>;
}

function firstLine(error: unknown): string {
  return (error as Error).message.split('\n')[0] ?? '';
}
