/** A line of a broker's log as one object, for programs that ship logs. */

import type { LineKind, LogLine, Weight } from './logLines';

/** What a line does not say is null. */
export interface LogRecord {
  /** ISO 8601 with its zone; null where the line has no time. */
  time: string | null;
  /** How much it asks for. The broker itself writes no level. */
  level: Weight;
  /** Null for a line that is not known. */
  kind: LineKind | null;
  client: string | null;
  user: string | null;
  /** Address of the client with its port, where the line has it. */
  address: string | null;
  /** All words but the time. */
  message: string;
  /** Whether it is of a client of verification or of the doctor, so that it can be left out. */
  probe: boolean;
}

/** @param probe see probes.ts */
export function recordOf(
  { time, kind, weight, clientId, username, address, message }: LogLine,
  probe: boolean,
): LogRecord {
  return {
    time: time === '' ? null : zoned(time),
    level: weight,
    kind: kind ?? null,
    client: clientId ?? null,
    user: username ?? null,
    address: address ?? null,
    message,
    probe,
  };
}

/** The broker writes no zone, and means UTC. */
export function zoned(time: string): string {
  return /Z$|[+-]\d\d:?\d\d$/.test(time) ? time : `${time}Z`;
}
