/** Units of values, in Grafana's words. */

import {
  BytesIEC,
  BytesPerSecondSI,
  CountsPerSecond,
  DatetimeISO,
  Days,
  PercentUnit,
  Seconds,
  Short,
} from '@grafana/grafana-foundation-sdk/units';

export const units = {
  count: Short,
  countPerSecond: CountsPerSecond,
  bytes: BytesIEC,
  bytesPerSecond: BytesPerSecondSI,
  seconds: Seconds,
  days: Days,
  /** Of 1. */
  share: PercentUnit,
  /** Of milliseconds since 1970. */
  moment: DatetimeISO,
} as const;

export type Unit = (typeof units)[keyof typeof units];
