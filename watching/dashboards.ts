/** Dashboards for Grafana. */

import { createHash } from 'node:crypto';
import type { Builder } from '@grafana/grafana-foundation-sdk/cog';
import {
  DashboardBuilder,
  DashboardCursorSync,
  DashboardLinkBuilder,
  DashboardLinkType,
  DatasourceVariableBuilder,
  type Panel,
  RowBuilder,
} from '@grafana/grafana-foundation-sdk/dashboard';
import { type Series, seriesOf } from './alerts/alert';
import { fleet } from './dashboards/fleet';
import { overview } from './dashboards/overview';
import { job, type Watched } from './watched';

type Rows = Record<string, Array<Builder<Panel>>>;

const dashboards: Readonly<Record<string, { title: string; rows: (series: Series, watched: Watched) => Rows }>> = {
  overview: { title: 'Broker', rows: overview },
  fleet: { title: 'Devices', rows: fleet },
};

/** The dashboards of a stack: name of the file to its text. */
export function dashboardFiles(watched: Watched): Record<string, string> {
  return Object.fromEntries(
    Object.entries(dashboards).map(([name, { title, rows }]) => [
      `${job}-${name}.json`,
      `${JSON.stringify(dashboard(name, title, rows(seriesOf(watched), watched), watched), null, 2)}\n`,
    ]),
  );
}

function dashboard(name: string, title: string, rows: Rows, { stack }: Watched) {
  const builder = new DashboardBuilder(`${title} of ${stack}`)
    .uid(uidOf(name, stack))
    .tags([job, stack])
    .time({ from: 'now-6h', to: 'now' })
    .timezone('browser')
    .refresh('30s')
    .readonly()
    .tooltip(DashboardCursorSync.Crosshair)
    .withVariable(new DatasourceVariableBuilder('datasource').label('Prometheus').type('prometheus'))
    .link(
      new DashboardLinkBuilder(`Others of ${stack}`)
        .type(DashboardLinkType.Dashboards)
        .tags([job, stack])
        .asDropdown(true)
        .includeVars(true)
        .keepTime(true),
    );
  for (const [head, panels] of Object.entries(rows)) {
    builder.withRow(new RowBuilder(head));
    for (const panel of panels) builder.withPanel(panel);
  }
  const built = builder.build();
  // By its number a panel is linked to.
  const numbered = built.panels?.map((panel, index) => ({ ...panel, id: index + 1 }));
  return { ...built, panels: numbered };
}

/** What Grafana knows it by, the same whenever it is made; 40 characters at most. */
function uidOf(name: string, stack: string): string {
  return `${job}-${name}-${createHash('sha256').update(stack).digest('hex').slice(0, 12)}`;
}
