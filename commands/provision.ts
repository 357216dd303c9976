/** Writes what devices and accounts are given. */

import type { Device } from '../fleet/device';
import { quoted } from '../mosquitto/quoted';
import { isReserved } from '../mosquitto/witness';
import { provisionAccount, provisionDevices } from './bundles';
import { handOver } from './handover';
import type { Asked } from './options';
import { devicesOf, enrolmentOf, find } from './stack/deployedDevices';
import { deployedOutputs, existingStack } from './stack/stack';

/** Writes bundles of devices, or prints their records. */
export async function provision({ stack: name, words: ids, options }: Asked): Promise<number> {
  const { all = false, next = false, out, format = 'bundle', account, broker } = options;
  if (broker !== undefined) return handOver(name, broker, out);
  if (account !== undefined) return certificateOfAccount(name, account, options);
  if (format !== 'bundle' && format !== 'json')
    throw new Error(`--format: ${quoted(format)} is none; write bundle or json`);
  if (all === ids.length > 0) throw new Error('Name the devices, or write --all for every one of them');
  const stack = await existingStack(name);
  const enrolment = enrolmentOf(stack, await deployedOutputs(stack));
  const known = devicesOf(stack, enrolment);
  const chosen = all ? known : ids.map((id) => find(id, known, name));
  await provisionDevices(enrolment, next ? chosen.map(ofNextGeneration) : chosen, { format, out });
  return 0;
}

/** Writes the certificate of an account. */
async function certificateOfAccount(name: string, account: string, { out }: { out?: string }): Promise<number> {
  if (out === undefined || out === '') throw new Error('Name a folder outside this repository: --out DIR');
  const stack = await existingStack(name);
  const { delivery } = await deployedOutputs(stack);
  const [authority] = delivery.authorities?.accounts ?? [];
  if (authority === undefined) {
    throw new Error(
      `No listener of ${name} requires certificates of accounts; write requireCertificate: true at one, then run up`,
    );
  }
  const generation = delivery.accounts.find(([username]) => username === account)?.[1];
  const user = delivery.plan.users.find(({ username }) => username === account);
  if (generation === undefined || user === undefined) {
    const names = delivery.accounts.map(([username]) => username).filter((username) => !isReserved(username));
    throw new Error(`${quoted(account)} is no account of ${name}; the accounts are ${names.join(', ')}`);
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
