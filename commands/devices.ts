/** The commands about devices. */

import { parseArgs } from 'node:util';
import { closest } from 'fastest-levenshtein';
import { shortFingerprint } from '../certificates/facts';
import type { Term } from '../certificates/terms';
import { type Device, fleetDigest } from '../fleet/device';
import type { DeployedFleet, Enrolment } from '../fleet/enrolment';
import { unpack } from '../fleet/packing';
import { parseConfiguration } from '../mosquitto/configuration';
import { fileNames } from '../mosquitto/files';
import type { VerificationPlan } from '../mosquitto/plan';
import { isReserved } from '../mosquitto/witness';
import { BrokerHandle } from '../operate/broker';
import { deployedFile } from '../operate/deployed';
import { logs } from '../operate/docker';
import { bundleReports } from '../operate/reports';
import { provision, provisionAccount } from './bundles';
import { deviceTable, statusOf } from './deviceStatus';
import { deployedOutputs, existingStack, type Stack } from './stack/stack';

type EnrolmentOutput = Enrolment & { fleet: DeployedFleet };

/** Writes bundles of devices, or prints their records. */
export async function provisionCommand(name: string, args: string[]): Promise<number> {
  const { values, positionals } = parseArgs({
    args,
    allowPositionals: true,
    options: {
      all: { type: 'boolean', default: false },
      next: { type: 'boolean', default: false },
      account: { type: 'string' },
      out: { type: 'string' },
      format: { type: 'string', default: 'bundle' },
    },
  });
  const { all, next, out, format, account } = values;
  if (account !== undefined) return provisionOneAccount(name, account, out);
  if (format !== 'bundle' && format !== 'json') throw new Error(`--format: "${format}" is none; write bundle or json`);
  if (all === positionals.length > 0) throw new Error('Name the devices, or write --all for every one of them');
  const stack = await existingStack(name);
  const enrolment = enrolmentOf(stack, await deployedOutputs(stack));
  const known = devicesOf(stack, enrolment);
  const chosen = all ? known : positionals.map((id) => find(id, known, name));
  await provision(enrolment, next ? chosen.map(ofNextGeneration) : chosen, { format, out });
  return 0;
}

/** Writes the certificate of an account. */
async function provisionOneAccount(name: string, account: string, out: string | undefined): Promise<number> {
  if (out === undefined || out === '') throw new Error('Name a folder outside this repository: --out DIR');
  const stack = await existingStack(name);
  const { delivery } = await deployedOutputs(stack);
  const [authority] = delivery.authorities.accounts ?? [];
  if (authority === undefined) {
    throw new Error(
      `No listener of ${name} requires certificates of accounts; write requireCertificate: true at one, then run up`,
    );
  }
  const generation = delivery.accounts.find(([username]) => username === account)?.[1];
  const user = delivery.plan.users.find(({ username }) => username === account);
  if (generation === undefined || user === undefined) {
    const names = delivery.accounts.map(([username]) => username).filter((username) => !isReserved(username));
    throw new Error(`"${account}" is no account of ${name}; the accounts are ${names.join(', ')}`);
  }
  const { username, password } = user;
  const { certificateAuthority } = delivery.plan;
  await provisionAccount(
    {
      username,
      password,
      generation,
      certificateAuthority,
      authority,
      validityHours: stack.settings.certificates.clients.validityHours,
    },
    out,
  );
  return 0;
}

/** What a device needs after its generation is raised, to be handed over before it is. */
function ofNextGeneration(device: Device): Device {
  return { ...device, generation: device.generation + 1 };
}

/** Prints the devices and who is connected. */
export async function devicesCommand(name: string, json: boolean): Promise<number> {
  const stack = await existingStack(name);
  const values = await deployedOutputs(stack);
  const devices = devicesOf(stack, enrolmentOf(stack, values));
  const { plan } = values.delivery as { plan: VerificationPlan };
  const broker = BrokerHandle.running(plan);
  const told = tellsConnections((await deployedFile(broker.container, fileNames.configuration)) ?? '');
  const terms = values.certificateTerms as Record<string, Term>;
  const reports = await bundleReports(broker).catch(() => new Map());
  const statuses = statusOf(devices, told ? await logs(broker.container) : '', reports, namesOf(terms));
  process.stdout.write(json ? `${JSON.stringify(statuses)}\n` : `${deviceTable(statuses)}\n`);
  return 0;
}

/** Beginning of a fingerprint, as devices report it, to the name of the certificate. */
function namesOf(terms: Record<string, Term>): Map<string, string> {
  return new Map(Object.entries(terms).map(([name, { fingerprint }]) => [shortFingerprint(fingerprint), name]));
}

/** Whether a broker of this configuration logs who comes and goes. */
function tellsConnections(configuration: string): boolean {
  const lines = parseConfiguration(configuration);
  const has = (option: string, value: string) => lines.some((line) => line.option === option && line.value === value);
  return has('connection_messages', 'true') && has('log_type', 'notice');
}

function enrolmentOf({ name }: Stack, { enrolment }: Record<string, unknown>): EnrolmentOutput {
  if (enrolment) return enrolment as EnrolmentOutput;
  throw new Error(`No listener of ${name} is for devices; write clients: devices at one, then run up`);
}

/** The deployed devices. A fleet that is too large for the outputs is read from the repository, if it is the same. */
function devicesOf({ name, settings }: Stack, { fleet }: EnrolmentOutput): Device[] {
  if (fleet.packed !== null) return unpack(fleet.packed);
  if (fleetDigest(settings.devices) === fleet.digest) return settings.devices;
  throw new Error(
    `The devices of this folder are not the ${fleet.count} that are deployed; run "npm run up -- ${name}", ` +
      'or go to the version that was deployed',
  );
}

function find(id: string, devices: readonly Device[], stack: string): Device {
  const device = devices.find((each) => each.id === id);
  if (device !== undefined) return device;
  const near =
    devices.length === 0
      ? ''
      : ` Did you mean "${closest(
          id,
          devices.map((each) => each.id),
        )}"?`;
  throw new Error(`"${id}" is no device of ${stack}.${near} "npm run devices -- ${stack}" lists them`);
}
