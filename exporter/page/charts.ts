/** The last day as small charts: by pointer, by keyboard, and in words. */

import uPlot from 'uplot';
import type { History, HistorySeries } from '../../watching/status';
import { byId, element } from './element';
import { amount, clock, count, duration, milliseconds, traffic } from './format';
import type { ChartName, Language, Words } from './words';

interface Reader {
  language: Language;
  words: Words;
}

interface Shape {
  name: ChartName;
  series: readonly HistorySeries[];
  /** What a value is counted in: at one moment, each second, or in each step. */
  per: 'moment' | 'second' | 'step';
  /** The least that the top of the chart stands for: what is next to nothing looks like it. */
  least: number;
  format(language: Language, value: number): string;
}

const shapes: readonly Shape[] = [
  { name: 'connected', series: ['connected'], per: 'moment', least: 4, format: count },
  { name: 'messages', series: ['messagesReceived', 'messagesSent'], per: 'second', least: 1, format: amount },
  { name: 'bytes', series: ['bytesReceived', 'bytesSent'], per: 'second', least: 100, format: traffic },
  { name: 'roundTrip', series: ['roundTripMilliseconds'], per: 'moment', least: 5, format: milliseconds },
  { name: 'refused', series: ['refusedLogins'], per: 'step', least: 4, format: count },
  { name: 'dropped', series: ['dropped'], per: 'step', least: 4, format: count },
];

const height = 112;
const leastWidth = 120;
const leastSeconds = 3_600;

/** All charts, made anew with other words or colours, and else filled anew. */
export class Charts {
  private readonly root = byId('charts');
  private made: Chart[] = [];
  private reader = '';

  show(history: History, reader: Reader): void {
    const key = `${reader.language} ${history.stepSeconds}`;
    if (key !== this.reader || this.made.length === 0) {
      this.forget();
      this.made = shapes.map((shape) => new Chart(shape, reader, history));
      this.root.replaceChildren(...this.made.map(({ root }) => root));
      this.reader = key;
    }
    for (const chart of this.made) chart.show(history);
  }

  /** Colours have changed, or there is nothing to be shown. */
  forget(): void {
    for (const chart of this.made) chart.end();
    this.made = [];
    this.root.replaceChildren();
  }
}

class Chart {
  readonly root: HTMLElement;
  private readonly plot: HTMLElement;
  private readonly legend: HTMLElement;
  private readonly observer: ResizeObserver;
  private chart: uPlot | undefined;
  private data: [number[], ...Array<Array<number | null>>] = [[]];
  /** Where the reader looks; null for now. */
  private at: number | null = null;

  constructor(
    private readonly shape: Shape,
    private readonly reader: Reader,
    private readonly history: History,
  ) {
    const { words, language } = reader;
    const title = `chart-${shape.name}`;
    this.plot = element('div', {
      class: 'plot',
      role: 'slider',
      tabindex: '0',
      'aria-labelledby': title,
      'aria-valuemin': '0',
      'data-key': title,
    });
    this.legend = element('p', { class: 'legend' });
    const per =
      shape.per === 'second'
        ? words.perSecond
        : shape.per === 'step'
          ? words.inStep(duration(language, history.stepSeconds))
          : null;
    this.root = element(
      'figure',
      { class: 'chart card' },
      element('figcaption', { id: title }, words.chartNames[shape.name], per && ' ', per && element('small', {}, per)),
      this.legend,
      this.plot,
    );
    this.plot.addEventListener('keydown', (event) => this.step(event));
    this.plot.addEventListener('blur', () => this.look(null));
    this.observer = new ResizeObserver(() => this.fit());
    this.observer.observe(this.plot);
  }

  show(history: History): void {
    const { series, per } = this.shape;
    const scale = per === 'step' ? history.stepSeconds : 1;
    const length = Math.max(...series.map((name) => history.series[name].length), 0);
    const start = Date.parse(history.start) / 1_000;
    const times = Array.from({ length }, (_, index) => start + index * history.stepSeconds);
    const values = series.map((name) =>
      times.map((_, index) => {
        const value = history.series[name][index] ?? null;
        return value === null ? null : value * scale;
      }),
    );
    this.data = [times, ...values];
    if (this.chart === undefined) this.chart = this.draw();
    else this.chart.setData(this.data);
    this.tell();
  }

  end(): void {
    this.observer.disconnect();
    this.chart?.destroy();
  }

  private draw(): uPlot {
    const { series, least, format } = this.shape;
    const { language } = this.reader;
    const [quiet, rule] = [colourOf('quiet'), colourOf('rule')];
    const tones = series.map((_, index) => colourOf(toneOf(index)));
    const font = '11px system-ui, sans-serif';
    return new uPlot(
      {
        width: Math.max(leastWidth, this.plot.clientWidth),
        height,
        padding: [6, 18, 0, 0],
        legend: { show: false },
        cursor: { y: false, drag: { x: false, y: false }, points: { size: 6 }, sync: { key: 'day' } },
        scales: {
          x: { range: () => this.span() },
          y: { range: (_, __, most) => [0, Math.max(least, (most ?? 0) * 1.08)] },
        },
        axes: [
          {
            stroke: quiet,
            font,
            size: 22,
            gap: 4,
            space: 56,
            grid: { show: false },
            ticks: { stroke: rule, width: 1, size: 4 },
            values: (_, moments) => moments.map((each) => clock(language, new Date(each * 1_000))),
          },
          {
            stroke: quiet,
            font,
            size: 58,
            gap: 4,
            space: 34,
            grid: { stroke: rule, width: 1 },
            ticks: { show: false },
            values: (_, marks) => marks.map((each) => format(language, each)),
            incrs: per125,
          },
        ],
        series: [
          {},
          ...tones.map((stroke, index) => ({
            stroke,
            width: 1.5,
            ...(index === 0 && { fill: faded(stroke) }),
            // Of a value with nothing on either side there is no line to be drawn.
            points: { size: 4, fill: stroke, filter: lonely },
          })),
        ],
        hooks: {
          setCursor: [
            (chart) => {
              const index = chart.cursor.idx ?? null;
              if (index === this.at) return;
              this.at = index;
              this.tell();
            },
          ],
        },
      },
      this.data,
      this.plot,
    );
  }

  /** As much of the day as is known, and an hour at least: the first minutes would be a line that nobody sees. */
  private span(): [number, number] {
    const [times] = this.data;
    const end = times.at(-1) ?? Date.now() / 1_000;
    return [Math.min(times[0] ?? end, end - leastSeconds), end];
  }

  private fit(): void {
    const width = Math.max(leastWidth, this.plot.clientWidth);
    if (this.chart !== undefined && this.chart.width !== width) this.chart.setSize({ width, height });
  }

  /** The values where the reader looks, or those of now beside the most of the day. */
  private tell(): void {
    const { series } = this.shape;
    const { words, language } = this.reader;
    const [times, ...values] = this.data;
    const last = times.length - 1;
    const at = this.at === null || this.at > last ? null : this.at;
    const time = times[at ?? last];
    const when = at === null || time === undefined ? words.now : clock(language, new Date(time * 1_000));
    const said = series.map((name, index) => {
      const value = values[index]?.[at ?? last] ?? null;
      return { name: words.seriesNames[name], value: value === null ? words.unknown : this.format(value) };
    });
    const highest = Math.max(...values.flatMap((each) => each.map((value) => value ?? 0)), 0);
    const peak = words.most(this.format(highest));
    const isAlone = series.length === 1;
    this.legend.replaceChildren(
      ...said.map(({ name, value }, index) =>
        element(
          'span',
          { class: 'value' },
          isAlone ? null : element('i', { class: `swatch ${toneOf(index)}` }),
          isAlone ? null : `${name} `,
          element('b', {}, value),
        ),
      ),
      element('span', { class: 'quiet' }, at === null ? peak : when),
    );
    const told = said.map(({ name, value }) => (isAlone ? value : `${name} ${value}`)).join(words.separator);
    this.plot.setAttribute('aria-valuemax', String(Math.max(0, last)));
    this.plot.setAttribute('aria-valuenow', String(Math.max(0, at ?? last)));
    this.plot.setAttribute('aria-valuetext', `${when}: ${told}${at === null ? `${words.separator}${peak}` : ''}`);
  }

  private format(value: number): string {
    return this.shape.format(this.reader.language, this.shape.per === 'step' ? Math.round(value) : value);
  }

  private step(event: KeyboardEvent): void {
    const last = this.data[0].length - 1;
    const here = this.at ?? last;
    const page = Math.max(1, Math.round(3_600 / this.history.stepSeconds));
    const moves: Readonly<Record<string, number>> = {
      ArrowLeft: here - 1,
      ArrowDown: here - 1,
      ArrowRight: here + 1,
      ArrowUp: here + 1,
      PageDown: here - page,
      PageUp: here + page,
      Home: 0,
      End: last,
    };
    if (event.key === 'Escape') {
      this.look(null);
      return;
    }
    const next = moves[event.key];
    if (next === undefined || last < 0) return;
    event.preventDefault();
    this.look(Math.min(last, Math.max(0, next)));
  }

  private look(index: number | null): void {
    const { chart } = this;
    if (chart === undefined) return;
    const time = index === null ? undefined : this.data[0][index];
    chart.setCursor({ left: time === undefined ? -10 : chart.valToPos(time, 'x'), top: time === undefined ? -10 : 10 });
    this.at = index;
    this.tell();
  }
}

/** Marks on whole numbers of what people count with, also for bytes. */
const per125 = Array.from({ length: 16 }, (_, power) => [1, 2, 5].map((each) => each * 10 ** (power - 2))).flat();

function lonely({ data }: uPlot, index: number): number[] {
  const values = data[index] ?? [];
  const isKnown = (at: number) => (values[at] ?? null) !== null;
  return Array.from(values, (_, at) => at).filter((at) => isKnown(at) && !isKnown(at - 1) && !isKnown(at + 1));
}

function toneOf(index: number): 'first' | 'second' {
  return index === 0 ? 'first' : 'second';
}

/** A colour of the style as it is in the present theme. */
function colourOf(tone: string): string {
  const probe = element('i', { class: `swatch ${tone}` });
  document.body.append(probe);
  const { backgroundColor } = getComputedStyle(probe);
  probe.remove();
  return backgroundColor;
}

function faded(colour: string): string {
  return colour.replace(/^rgb\((.*)\)$/, 'rgba($1, 0.12)');
}
