/** Lists the devices of a stack. */

import type Docker from 'dockerode';
import { shortFingerprint } from '../certificates/facts';
import type { Term } from '../certificates/terms';
import { parseConfiguration } from '../mosquitto/configuration';
import { fileNames } from '../mosquitto/files';
import type { VerificationPlan } from '../mosquitto/plan';
import { bridgeDial } from '../operate/bridge';
import { deployedFile } from '../operate/deployed';
import { dockerEngine, inspect, logs, stateOf } from '../operate/docker';
import { witnessOf } from '../operate/rehearsedAccess';
import { bundleReports } from '../operate/reports';
import { say } from '../setup/progress';
import { deviceTable, statusOf } from './deviceStatus';
import type { Asked } from './options';
import { devicesOf, enrolmentOf } from './stack/deployedDevices';
import { deployedOutputs, existingStack } from './stack/stack';

/** Prints the devices and who is connected. Of a broker that does not run nobody can say who was. */
export async function devices({ stack: name, options: { json } }: Asked): Promise<number> {
  const stack = await existingStack(name);
  const values = await deployedOutputs(stack);
  const deployed = devicesOf(stack, enrolmentOf(stack, values));
  const { plan } = values.delivery;
  const broker = dockerEngine(plan.dockerHost).getContainer(plan.container);
  const absence = await absenceOf(broker, plan.container);
  if (absence !== undefined) say(`${absence}, so nobody knows who was connected; run: npm run up -- ${name}`);
  const isThere = absence === undefined;
  const log = isThere && (await tellsConnections(broker)) ? await logs(broker) : '';
  const reports = isThere ? await reportsOf(broker, plan) : new Map();
  const terms = (values.certificateTerms ?? {}) as Record<string, Term>;
  const statuses = statusOf(deployed, log, reports, namesOf(terms));
  process.stdout.write(json ? `${JSON.stringify(statuses)}\n` : `${deviceTable(statuses)}\n`);
  return 0;
}

/** Why a broker cannot be asked; undefined where it runs. */
async function absenceOf(broker: Docker.Container, container: string): Promise<string | undefined> {
  const info = await inspect(broker);
  if (info === undefined) return `The container ${container} is not there`;
  const state = stateOf(info);
  if (state === 'running') return undefined;
  return state === 'stopped' ? `The container ${container} has stopped` : `The container ${container} is ${state}`;
}

/** What cannot be had is unknown, and no reason to list nothing. */
function reportsOf(broker: Docker.Container, plan: VerificationPlan) {
  return bundleReports(bridgeDial(broker, plan), witnessOf(plan.users)).catch(() => new Map());
}

/** Beginning of a fingerprint, as devices report it, to the name of the certificate. */
function namesOf(terms: Record<string, Term>): Map<string, string> {
  return new Map(Object.entries(terms).map(([name, { fingerprint }]) => [shortFingerprint(fingerprint), name]));
}

/** Whether a broker logs who comes and goes. */
async function tellsConnections(broker: Docker.Container): Promise<boolean> {
  const lines = parseConfiguration((await deployedFile(broker, fileNames.configuration)) ?? '');
  const has = (option: string, value: string) => lines.some((line) => line.option === option && line.value === value);
  return has('connection_messages', 'true') && has('log_type', 'notice');
}
