/** The panels that dashboards are made of. */

import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  BigValueColorMode,
  BigValueGraphMode,
  BigValueTextMode,
  type DataSourceRef,
  GraphDrawStyle,
  LegendDisplayMode,
  LegendPlacement,
  ReduceDataOptionsBuilder,
  StackingConfigBuilder,
  StackingMode,
  VisibilityMode,
  VizLegendOptionsBuilder,
} from '@grafana/grafana-foundation-sdk/common';
import {
  MappingType,
  type Panel,
  ThresholdsConfigBuilder,
  ThresholdsMode,
  type ValueMapping,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { DataqueryBuilder, PromQueryFormat } from '@grafana/grafana-foundation-sdk/prometheus';
import { PanelBuilder as StatBuilder } from '@grafana/grafana-foundation-sdk/stat';
import { PanelBuilder as TimelineBuilder } from '@grafana/grafana-foundation-sdk/statetimeline';
import { PanelBuilder as TableBuilder } from '@grafana/grafana-foundation-sdk/table';
import { PanelBuilder as LinesBuilder } from '@grafana/grafana-foundation-sdk/timeseries';
import type { Unit } from './unit';

/** Chosen at the top of each dashboard, so that it fits whatever a Grafana calls its Prometheus. */
export const dataSource: DataSourceRef = { type: 'prometheus', uid: '$datasource' };

/** PromQL, and what the legend calls its series: names of labels stand between `{{` and `}}`. */
export interface Query {
  expression: string;
  legend?: string;
}

interface Form {
  title: string;
  /** What it shows and what to make of it, in a sentence. */
  description: string;
  /** Of the 24 columns of a dashboard. */
  width: number;
  unit: Unit;
}

/** From a value on, a colour; the first one is that of all below. */
export interface Steps {
  from: string;
  at: ReadonlyArray<readonly [value: number, color: string]>;
}

export const good = 'green';
export const warning = 'orange';
export const bad = 'red';

const none: Steps = { from: 'text', at: [] };

/** 1 and 0 as words. */
export interface Words {
  one: string;
  zero: string;
}

/** Numbers of this moment. */
export function numbers(
  form: Form & { queries: readonly Query[]; steps?: Steps; words?: Words; decimals?: number },
): Builder<Panel> {
  const { title, description, width, unit, queries, steps = none, words, decimals } = form;
  const panel = new StatBuilder()
    .title(title)
    .description(description)
    .height(4)
    .span(width)
    .unit(unit)
    .datasource(dataSource)
    .targets(targets(queries, 'instant'))
    .thresholds(thresholds(steps))
    .mappings(mappings(words))
    .reduceOptions(new ReduceDataOptionsBuilder().calcs(['lastNotNull']))
    .graphMode(BigValueGraphMode.None)
    .colorMode(BigValueColorMode.Value)
    .textMode(
      queries.some(({ legend }) => legend !== undefined) ? BigValueTextMode.ValueAndName : BigValueTextMode.Auto,
    )
    .noValue('not known');
  return decimals === undefined ? panel : panel.decimals(decimals);
}

/** Lines over time. */
export function lines(
  form: Form & { queries: readonly Query[]; stacked?: boolean; most?: number; steps?: Steps },
): Builder<Panel> {
  const { title, description, width, unit, queries, stacked = false, most, steps } = form;
  const panel = new LinesBuilder()
    .title(title)
    .description(description)
    .height(8)
    .span(width)
    .unit(unit)
    .min(0)
    .datasource(dataSource)
    .targets(targets(queries, 'range'))
    .drawStyle(GraphDrawStyle.Line)
    .fillOpacity(stacked ? 30 : 5)
    .showPoints(VisibilityMode.Never)
    .legend(
      new VizLegendOptionsBuilder()
        .displayMode(LegendDisplayMode.List)
        .placement(LegendPlacement.Bottom)
        .showLegend(true)
        .calcs(['lastNotNull']),
    );
  if (stacked) panel.stacking(new StackingConfigBuilder().mode(StackingMode.Normal).group('A'));
  if (most !== undefined) panel.max(most);
  if (steps !== undefined) panel.thresholds(thresholds(steps));
  return panel;
}

/** What each series was when, as a band. */
export function bands(form: Omit<Form, 'unit'> & { query: Query; words: Words }): Builder<Panel> {
  const { title, description, width, query, words } = form;
  return new TimelineBuilder()
    .title(title)
    .description(description)
    .height(10)
    .span(width)
    .datasource(dataSource)
    .targets(targets([query], 'range'))
    .thresholds(thresholds({ from: bad, at: [[1, good]] }))
    .mappings(mappings(words));
}

/** One row for each value of a label, one column for each query. */
export function rows(
  form: Omit<Form, 'unit'> & {
    label: string;
    columns: ReadonlyArray<Query & { head: string; unit: Unit; words?: Words }>;
  },
): Builder<Panel> {
  const { title, description, width, label, columns } = form;
  const panel = new TableBuilder()
    .title(title)
    .description(description)
    .height(10)
    .span(width)
    .datasource(dataSource)
    .targets(targets(columns, 'table'))
    .withTransformation({ id: 'joinByField', options: { byField: label, mode: 'outer' } })
    .withTransformation({ id: 'filterFieldsByName', options: { include: { pattern: `^(${label}|Value.*)$` } } });
  columns.forEach(({ head, unit, words }, index) => {
    panel.overrideByName(`Value #${letter(index)}`, [
      { id: 'displayName', value: head },
      { id: 'unit', value: unit },
      ...(words === undefined ? [] : [{ id: 'mappings', value: mappings(words) }]),
    ]);
  });
  return panel;
}

function targets(queries: readonly Query[], kind: 'instant' | 'range' | 'table'): DataqueryBuilder[] {
  return queries.map(({ expression, legend = '' }, index) => {
    const query = new DataqueryBuilder().refId(letter(index)).expr(expression).datasource(dataSource);
    if (kind === 'range') return query.range().legendFormat(legend);
    return kind === 'table' ? query.instant().format(PromQueryFormat.Table) : query.instant().legendFormat(legend);
  });
}

/** Names of queries within a panel. */
function letter(index: number): string {
  return String.fromCharCode('A'.charCodeAt(0) + index);
}

function thresholds({ from, at }: Steps): ThresholdsConfigBuilder {
  return new ThresholdsConfigBuilder()
    .mode(ThresholdsMode.Absolute)
    .steps([{ value: null, color: from }, ...at.map(([value, color]) => ({ value, color }))]);
}

function mappings(words: Words | undefined): ValueMapping[] {
  if (words === undefined) return [];
  return [
    {
      type: MappingType.ValueToText,
      options: { 1: { text: words.one, color: good, index: 0 }, 0: { text: words.zero, color: bad, index: 1 } },
    },
  ];
}
