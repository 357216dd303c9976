/** What of a broker's log is of verification or of the doctor, and of no client that somebody waits for. */

import { probeLevel } from '../mosquitto/witness';
import type { LogLine } from './logLines';

const ofProbes = new RegExp(`^${probeLevel}($|[.-])`);

/** Whether a line is of a client of verification. Each has a client id that begins with its name. */
export function isProbe({ clientId }: Pick<LogLine, 'clientId'>): boolean {
  return clientId !== undefined && ofProbes.test(clientId);
}
