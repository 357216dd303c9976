/** The last day, step by step. */

import { type History, type HistorySeries, historySeries } from '../watching/status';

const stepSeconds = 120;
const steps = 86_400 / stepSeconds;

/** What is known at the end of a step. Counters go on; null is not known. */
export interface Sample {
  connected: number | null;
  roundTripMilliseconds: number | null;
  /** Counters; a smaller value than the one before means that the broker has started anew. */
  counters: Record<CountedSeries, number | null>;
}

type CountedSeries = Exclude<HistorySeries, 'connected' | 'roundTripMilliseconds'>;

/** Keeps one value for each step. */
export class DayHistory {
  private series = Object.fromEntries(historySeries.map((name) => [name, []])) as unknown as History['series'];
  private end = 0;
  private last: Sample['counters'] | undefined;

  /** @param now milliseconds since 1970 */
  add(now: number, { connected, roundTripMilliseconds, counters }: Sample): void {
    const step = Math.floor(now / 1_000 / stepSeconds);
    if (step <= this.end) return;
    // Nothing is known of steps that nobody has seen.
    const missed = this.end === 0 ? 0 : Math.min(step - this.end - 1, steps);
    const rates = Object.fromEntries(
      Object.entries(counters).map(([name, value]) => [
        name,
        missed > 0 ? null : this.rate(name as CountedSeries, value),
      ]),
    );
    const values: Record<string, number | null> = { connected, roundTripMilliseconds, ...rates };
    for (const name of historySeries) {
      const gap = Array<null>(missed).fill(null);
      this.series[name] = [...this.series[name], ...gap, values[name] ?? null].slice(-steps);
    }
    this.end = step;
    this.last = counters;
  }

  get told(): History {
    const { length } = this.series.connected;
    const start = (this.end - Math.max(length - 1, 0)) * stepSeconds * 1_000;
    return { stepSeconds, start: new Date(start).toISOString(), series: this.series };
  }

  /** What another run of this program has kept. */
  restore({ stepSeconds: kept, start, series }: History): void {
    const { length } = series.connected;
    if (kept !== stepSeconds || length === 0 || historySeries.some((name) => series[name]?.length !== length)) return;
    this.series = series;
    this.end = Math.floor(Date.parse(start) / 1_000 / stepSeconds) + length - 1;
  }

  private rate(name: CountedSeries, value: number | null): number | null {
    const before = this.last?.[name] ?? null;
    if (value === null || before === null) return null;
    return (value < before ? value : value - before) / stepSeconds;
  }
}
