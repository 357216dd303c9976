/** Lists the devices of a stack. */

import type Docker from 'dockerode';
import { shortFingerprint } from '../certificates/facts';
import type { Term } from '../certificates/terms';
import type { BundleReport } from '../certificates/trust';
import { parseConfiguration } from '../mosquitto/configuration';
import { fileNames } from '../mosquitto/files';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import { BrokerHandle } from '../operate/broker';
import { deployedFile } from '../operate/deployed';
import { logs } from '../operate/docker';
import { bundleReports } from '../operate/reports';
import { say } from '../setup/progress';
import { deviceTable, statusOf } from './deviceStatus';
import type { Asked } from './options';
import { absence } from './stack/absence';
import { devicesOf, enrolmentOf } from './stack/deployedDevices';
import { deployedOutputs, existingStack, reachDocker, type Stack } from './stack/stack';

/** Prints the devices and who is connected; exits 1 where that is unknown. */
export async function devices({ stack: name, options: { json } }: Asked): Promise<number> {
  const stack = await existingStack(name);
  const values = await deployedOutputs(stack);
  const deployed = devicesOf(stack, enrolmentOf(stack, values));
  const { plan } = values.delivery;
  const reason = await silence(stack, plan);
  if (reason !== undefined) say(`Who is connected is unknown: ${reason}`);
  const { log, reports } = reason === undefined ? await heard(plan) : unheard;
  const terms = (values.certificateTerms ?? {}) as Record<string, Term>;
  const statuses = statusOf(deployed, log, reports, namesOf(terms));
  process.stdout.write(json ? `${JSON.stringify(statuses)}\n` : `${deviceTable(statuses)}\n`);
  return reason === undefined ? 0 : 1;
}

/** Why nobody can be asked who is connected, and the remedy; undefined where the broker runs. */
async function silence(stack: Stack, plan: VerificationPlan): Promise<string | undefined> {
  try {
    await reachDocker(stack);
  } catch (error) {
    return (error as Error).message;
  }
  const absent = await absence(plan);
  return absent === undefined ? undefined : `${absent}; run: npm run up -- ${stack.name}`;
}

interface Heard {
  log: string;
  reports: ReadonlyMap<string, BundleReport>;
}

const unheard: Heard = { log: '', reports: new Map() };

/** What the broker has logged of connections, and what devices have reported. What cannot be had is unknown. */
async function heard(plan: VerificationPlan): Promise<Heard> {
  const broker = BrokerHandle.running(plan);
  const [told, reports] = await Promise.all([
    tellsConnections(broker.container),
    bundleReports(broker).catch(() => unheard.reports),
  ]);
  return { log: told ? await logs(broker.container) : '', reports };
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
