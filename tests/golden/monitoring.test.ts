/**
 * Proves that the same stack gives Prometheus, Alertmanager and Grafana the same files.
 *
 * Does not prove that these do what they should: tests/integration gives them to the real programs, but for Grafana.
 */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { alertmanagerConfiguration, alertmanagerFile } from '../../watching/alertmanager';
import { alertRules } from '../../watching/alerts';
import { dashboardFiles } from '../../watching/dashboards';
import { prometheusConfiguration, prometheusFiles } from '../../watching/prometheus';
import { watched } from '../unit/watched';

const folder = join(__dirname, 'monitoring');

const files = {
  [prometheusFiles.configuration]: prometheusConfiguration(watched),
  [prometheusFiles.rules]: alertRules(watched),
  [alertmanagerFile]: alertmanagerConfiguration(watched),
  ...dashboardFiles(watched),
};

test.each(Object.entries(files))('%s is as it was, but for changes that are meant', (name, text) => {
  if (process.env.UPDATE_GOLDEN === '1') {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  expect(text).toBe(readFileSync(join(folder, name), 'utf8'));
});
