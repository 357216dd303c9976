/** One alert. */

import { selector, type Watched } from '../watched';

export interface Alert {
  name: string;
  /** Critical: devices are cut off, or soon will be, or nobody would notice. */
  severity: 'critical' | 'warning';
  /** PromQL; what it gives is alerted on. */
  expression: string;
  /** For how long it must be so, as Prometheus writes it. */
  lasting: string;
  /** What happened and for whom, in one sentence; a template of Prometheus. */
  summary: string;
  /** What it means, without values, as the documentation has it. */
  description: string;
  /** The command to run next, without the stack. */
  run: 'doctor' | 'status' | 'up' | 'verify';
}

/** Names the series of a stack by the name of the metric, and of its labels where some are wanted. */
export type Series = (metric: string, ...labels: readonly string[]) => string;

/** A share as people write it. */
export function percent(share: number): string {
  return `${Math.round(share * 100)} %`;
}

export function seriesOf(watched: Watched): Series {
  return (metric, ...labels) => `${metric}{${selector(watched, ...labels)}}`;
}
