/** The configuration of Prometheus. */

import { stringify } from 'yaml';
import { type Watcher, watcherContainer, watcherPorts } from './containers';
import { job, type Watched } from './watched';

/** Names of the files, in one folder. */
export const prometheusFiles = { configuration: 'prometheus.yml', rules: 'rules.yml' } as const;

/** What is to be scraped, for a Prometheus that has a configuration of its own. */
export const scrapeFile = 'scrape.yml';

/** Seconds from one scrape to the next, and from one look at the rules to the next. */
const interval = '15s';

/** The configuration of a Prometheus beside the broker. */
export function prometheusConfiguration(watched: Watched): string {
  const { alertmanager } = watched.monitoring;
  return stringify(
    {
      global: { scrape_interval: interval, evaluation_interval: interval },
      rule_files: [prometheusFiles.rules],
      ...(alertmanager && {
        alerting: {
          alertmanagers: [{ static_configs: [{ targets: [addressOf(watched, 'alertmanager')] }] }],
        },
      }),
      scrape_configs: [scrape(watched, addressOf(watched, 'exporter'))],
    },
    { lineWidth: 0 },
  );
}

/** What a Prometheus on the machine of the broker has to scrape: a file for its `scrape_config_files`. */
export function scrapeConfiguration(watched: Watched): string {
  const address = `127.0.0.1:${watched.monitoring.port}`;
  const own = { ...scrape(watched, address), job_name: `${job}-${watched.stack}` };
  return stringify({ scrape_configs: [{ ...own, scrape_interval: interval }] }, { lineWidth: 0 });
}

function scrape({ stack }: Watched, address: string) {
  return { job_name: job, static_configs: [{ targets: [address], labels: { stack } }] };
}

/** In the network of those that watch the broker. */
function addressOf({ containerName }: Watched, watcher: Watcher): string {
  return `${watcherContainer(containerName, watcher)}:${watcherPorts[watcher]}`;
}
