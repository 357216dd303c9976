/** The status of a broker as its exporter tells it: once, or again and again. */

import { addressOf, useAddress } from '../operate/dockerAddress';
import { exporterStatus, NoStatus } from '../operate/exporterStatus';
import { refusalWords } from '../operate/reach';
import { home } from '../setup/home';
import { say } from '../setup/progress';
import type { Status } from '../watching/status';
import { devices } from './devices';
import type { Asked } from './options';
import { existingStack } from './stack/stack';
import { settingsOf, stackFile } from './stack/stackFile';
import { isCritical, statusText } from './statusText';
import { follow } from './statusWatch';

/** Of a large fleet the others are listed by `npm run devices`. */
const mostDevices = 50;

/** Exits 1 where something is critical, the broker is down, or nothing tells. */
export async function status(asked: Asked): Promise<number> {
  const { stack: name, options } = asked;
  const settings = settingsOf(stackFile(home(), name), name) ?? (await existingStack(name)).settings;
  const { containerName, dockerHost, monitoring } = settings;
  if (!monitoring.enabled) {
    say(
      `Nothing tells of ${containerName}: monitoring.enabled is false in Pulumi.${name}.yaml; write monitoring.enabled: true, and run: npm run up -- ${name}`,
    );
    return unwatched(asked);
  }
  const address = addressOf(dockerHost);
  useAddress(address);
  const ask = () =>
    exporterStatus({ dockerHost: null, broker: containerName, port: monitoring.port }).catch((error: Error) => {
      const why = error instanceof NoStatus ? withRemedy(error, name) : refusalWords(address, error);
      throw new Error(why);
    });
  if (options.watch) return follow(ask, { json: options.json === true });
  let told: Status;
  try {
    told = await ask();
  } catch (error) {
    say((error as Error).message);
    await unwatched(asked);
    return 1;
  }
  process.stdout.write(options.json ? `${JSON.stringify(told)}\n` : `${statusText(told, wanted())}\n`);
  return isCritical(told) ? 1 : 0;
}

function withRemedy({ message, isThere }: NoStatus, stack: string): string {
  return `The exporter does not tell: ${message}; run: npm run ${isThere ? 'doctor' : 'up'} -- ${stack}`;
}

function wanted() {
  return { devices: mostDevices, colour: process.stdout.isTTY === true && !process.env.NO_COLOR };
}

/** What can be said without an exporter; of that there is no JSON. */
async function unwatched(asked: Asked): Promise<number> {
  if (asked.options.json) return 1;
  const code = await devices({ ...asked, options: {} });
  if (code === 0) say('The broker runs');
  return code;
}
