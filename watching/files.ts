/** What who has a Prometheus of their own gives to it. */

import { alertmanagerConfiguration, alertmanagerFile } from './alertmanager';
import { alertRules } from './alerts';
import { dashboardFiles } from './dashboards';
import { prometheusFiles, scrapeConfiguration, scrapeFile } from './prometheus';
import type { Watched } from './watched';

/** Stands where the stack file says nothing of alerts; to be replaced. */
const example = {
  email: {
    to: ['operator@example.org'],
    from: 'broker@example.org',
    smarthost: 'smtp.example.org:587',
    username: 'broker@example.org',
  },
  webhook: true,
};

/** The files, path to text. None of them holds a secret. */
export function monitoringFiles(watched: Watched): Record<string, string> {
  const dashboards = Object.entries(dashboardFiles(watched));
  return {
    'README.txt': readme(watched),
    [`prometheus/${scrapeFile}`]: scrapeConfiguration(watched),
    [`prometheus/${prometheusFiles.rules}`]: alertRules(watched),
    [`alertmanager/${alertmanagerFile}`]: alertmanagerConfiguration(
      watched,
      watched.monitoring.alertmanager ?? example,
    ),
    ...Object.fromEntries(dashboards.map(([name, text]) => [`grafana/${name}`, text])),
  };
}

function readme({ stack, monitoring }: Watched): string {
  return `What a Prometheus, an Alertmanager and a Grafana of your own need to watch the stack ${stack}.

prometheus/${scrapeFile} and prometheus/${prometheusFiles.rules}
  Copy both beside prometheus.yml, and name them there:

    scrape_config_files:
      - ${scrapeFile}
    rule_files:
      - ${prometheusFiles.rules}

  The exporter answers at 127.0.0.1:${monitoring.port} on the machine of the broker, and nowhere else. A Prometheus on another
  machine reaches it through a way of your own, such as: ssh -N -L ${monitoring.port}:127.0.0.1:${monitoring.port} MACHINE
  The rules and dashboards need the label that ${scrapeFile} gives: stack="${stack}".

alertmanager/${alertmanagerFile}
  An example of routes by mail and webhook. It reads their secrets from files that you write.

grafana/
  Dashboards to import; each asks at its top which Prometheus it is to show.

mqtt-explorer.json
  For "Import connections" of MQTT Explorer. It holds the password of an account: keep it to yourself.

npm run monitoring -- ${stack} --out FOLDER writes all of this anew, after an update, too.
`;
}
