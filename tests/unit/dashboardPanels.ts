/** What a dashboard says of its panels, read from the text that Grafana gets. */

export interface DashboardPanel {
  title: string;
  description: string;
  type: string;
  gridPos: { x: number; y: number; w: number; h: number };
  targets: Array<{ refId: string; expr: string; legendFormat?: string; instant?: boolean; range?: boolean }>;
  fieldConfig: {
    defaults: { unit?: string };
    overrides: Array<{ matcher: { options: string }; properties: Array<{ id: string; value: string }> }>;
  };
}

export interface Dashboard {
  uid: string;
  panels: Array<DashboardPanel & { panels?: DashboardPanel[] }>;
}

/** All of them, without the rows that they stand in. */
export function panelsOf({ panels }: Dashboard): DashboardPanel[] {
  return panels.flatMap((panel) => (panel.type === 'row' ? (panel.panels ?? []) : [panel]));
}
