/** How much a broker has left of what it may use. */

import { configurationVolume, dataVolume } from '../mosquitto/files';
import { type Allowance, memoryWords, type Space, spaceProblem, spaceWords } from '../mosquitto/room';
import { diskFreeShares } from '../watching/thresholds';
import { type Finding, finding } from './finding';
import type { Patient } from './patient';

/** What a running broker uses. What cannot be seen is undefined. */
export interface Usage {
  allowance: Allowance;
  /** Of its data volume. */
  space: Space | undefined;
  residentBytes: number;
  /** Bytes that its container may use; undefined without a limit. */
  limitBytes: number | undefined;
  connections: number | undefined;
  maxConnections: number | undefined;
  descriptors: number | undefined;
  maxDescriptors: number | undefined;
}

/** From here on a limit is near. */
const nearShare = 0.9;

export function roomFindings(patient: Patient, usage: Usage): Finding[] {
  return [...diskFindings(patient, usage), ...memoryFindings(patient, usage), ...limitFindings(patient, usage)];
}

function diskFindings({ container }: Patient, { space, allowance }: Usage): Finding[] {
  if (space === undefined || allowance.database === undefined) return [];
  const volume = dataVolume(container);
  const remedy = `Free some room on its disk, or delete retained messages and sessions that nobody needs, and do not restart the broker before waiting messages are fetched`;
  const run = ['docker system df'];
  if (spaceProblem(space, volume) !== undefined) {
    const says = `Only ${spaceWords(space)} on the volume ${volume}; once it is full the broker acknowledges messages that a restart loses`;
    return [finding('disk-full', { says, remedy, run })];
  }
  if (space.free >= space.size * diskFreeShares.warning) return [];
  const says = `The disk of the volumes ${volume} and ${configurationVolume(container)} fills: ${spaceWords(space)}`;
  return [finding('disk-filling', { says, remedy, run })];
}

function memoryFindings({ stack }: Patient, { allowance, residentBytes, limitBytes }: Usage): Finding[] {
  const most = Math.min(allowance.memoryBytes, limitBytes ?? Number.POSITIVE_INFINITY);
  if (residentBytes < most * nearShare) return [];
  const mebibytes = Math.ceil((2 * allowance.memoryBytes) / 1_048_576);
  return [
    finding('memory-near-limit', {
      says: `${memoryWords(residentBytes, { memoryBytes: most })}; at that limit the broker cuts new clients off and refuses messages`,
      remedy: `Write "aipi-mqtt:memoryLimitMebibytes: ${mebibytes}" into Pulumi.${stack}.yaml and deploy it, or delete retained messages and sessions that nobody needs`,
      run: [`npm run up -- ${stack}`],
    }),
  ];
}

function limitFindings({ stack }: Patient, usage: Usage): Finding[] {
  const { connections, maxConnections, descriptors, maxDescriptors } = usage;
  const line = `Write a larger "aipi-mqtt:maxConnections" into Pulumi.${stack}.yaml and deploy it, which restarts the broker; before, see who is connected`;
  const run = [`npm run devices -- ${stack}`, `npm run up -- ${stack}`];
  return [
    ...(isNear(connections, maxConnections)
      ? [
          finding('connections-near-limit', {
            says: `${connections} of ${maxConnections} clients are connected; beyond that others are refused`,
            remedy: line,
            run,
          }),
        ]
      : []),
    ...(isNear(descriptors, maxDescriptors)
      ? [
          finding('descriptors-near-limit', {
            says: `The broker has ${descriptors} of ${maxDescriptors} files open, each connection among them; beyond that nobody is let in`,
            remedy: line,
            run,
          }),
        ]
      : []),
  ];
}

function isNear(value: number | undefined, most: number | undefined): boolean {
  return value !== undefined && most !== undefined && value >= most * nearShare;
}
