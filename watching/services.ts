/** How the services beside an exporter are run: what of their containers is not the same for all. */

import { alertmanagerFile, alertmanagerSecrets } from './alertmanager';
import type { Watcher } from './containers';
import { watcherContainer, watcherPorts } from './containers';
import { prometheusFiles } from './prometheus';
import type { PrometheusSettings } from './settings';

/** What runs beside an exporter. */
export type Service = Exclude<Watcher, 'exporter'>;

/** As the official images have it. Sources: the Dockerfiles of prometheus, alertmanager and grafana. */
export interface ServiceOptions {
  /** User and group, by their numbers. */
  user: string;
  command: readonly string[];
  environment: Readonly<Record<string, string>>;
  /** Folder of its configuration, which comes and goes with the container. */
  configurationFolder: string;
  /** Folder of what it has gathered, which stays. */
  dataFolder: string;
  /** Path that says by HTTP whether it is well. */
  healthPath: string;
}

const nobody = '65534:65534';

export function prometheusService({
  retentionDays,
  retentionSizeMebibytes,
  memoryLimitMebibytes,
}: PrometheusSettings): ServiceOptions {
  const folder = '/etc/prometheus';
  return {
    user: nobody,
    command: [
      `--config.file=${folder}/${prometheusFiles.configuration}`,
      '--storage.tsdb.path=/prometheus',
      `--storage.tsdb.retention.time=${retentionDays}d`,
      // Prometheus' MB are of 1,024 KB.
      `--storage.tsdb.retention.size=${retentionSizeMebibytes}MB`,
      `--web.listen-address=:${watcherPorts.prometheus}`,
    ],
    environment: memoryOfGo(memoryLimitMebibytes),
    configurationFolder: folder,
    dataFolder: '/prometheus',
    healthPath: '/-/healthy',
  };
}

export function alertmanagerService({ memoryLimitMebibytes }: { memoryLimitMebibytes: number }): ServiceOptions {
  const folder = '/etc/alertmanager';
  return {
    user: nobody,
    command: [
      `--config.file=${folder}/${alertmanagerFile}`,
      '--storage.path=/alertmanager',
      `--web.listen-address=:${watcherPorts.alertmanager}`,
      // It is alone.
      '--cluster.listen-address=',
    ],
    environment: memoryOfGo(memoryLimitMebibytes),
    configurationFolder: folder,
    dataFolder: '/alertmanager',
    healthPath: '/-/healthy',
  };
}

const grafanaFolder = '/etc/grafana/provisioning';

/** Where Grafana reads the first password of its administrator from. */
export const grafanaPasswordFile = `${grafanaFolder}/admin-password`;

/** Nothing is asked of the internet: neither news of plug-ins nor the plug-ins that it would fetch by itself. */
export function grafanaService(port: number): ServiceOptions {
  return {
    user: '472:0',
    command: [],
    environment: {
      GF_PATHS_PROVISIONING: grafanaFolder,
      GF_SECURITY_ADMIN_PASSWORD__FILE: grafanaPasswordFile,
      GF_SECURITY_DISABLE_GRAVATAR: 'true',
      GF_AUTH_ANONYMOUS_ENABLED: 'false',
      GF_USERS_ALLOW_SIGN_UP: 'false',
      GF_SERVER_HTTP_PORT: String(watcherPorts.grafana),
      GF_SERVER_ROOT_URL: `http://127.0.0.1:${port}/`,
      GF_LOG_MODE: 'console',
      GF_ANALYTICS_REPORTING_ENABLED: 'false',
      GF_ANALYTICS_CHECK_FOR_UPDATES: 'false',
      GF_ANALYTICS_CHECK_FOR_PLUGIN_UPDATES: 'false',
      GF_PLUGINS_PREINSTALL_DISABLED: 'true',
      GF_NEWS_NEWS_FEED_ENABLED: 'false',
    },
    configurationFolder: grafanaFolder,
    dataFolder: '/var/lib/grafana',
    healthPath: '/api/health',
  };
}

/** Where it finds Prometheus and the dashboards: name of each file, from the folder of its configuration, to its text. */
export function grafanaFiles(
  containerName: string,
  dashboards: Readonly<Record<string, string>>,
): Readonly<Record<string, string>> {
  const folder = `${grafanaFolder}/dashboards`;
  const datasource = {
    apiVersion: 1,
    datasources: [
      {
        name: 'Prometheus',
        uid: grafanaDatasource,
        type: 'prometheus',
        access: 'proxy',
        url: `http://${watcherContainer(containerName, 'prometheus')}:${watcherPorts.prometheus}`,
        isDefault: true,
        editable: false,
      },
    ],
  };
  const provider = {
    apiVersion: 1,
    providers: [
      { name: 'aipi-mqtt', type: 'file', disableDeletion: true, allowUiUpdates: false, options: { path: folder } },
    ],
  };
  // JSON is YAML, too.
  return {
    'datasources/prometheus.yaml': JSON.stringify(datasource, undefined, 2),
    'dashboards/provider.yaml': JSON.stringify(provider, undefined, 2),
    ...Object.fromEntries(Object.entries(dashboards).map(([name, text]) => [`dashboards/${name}`, text])),
  };
}

/** By which name dashboards ask Prometheus. */
export const grafanaDatasource = 'prometheus';

/** A program of Go that knows its limit cleans up before the kernel ends it. */
function memoryOfGo(limitMebibytes: number): Record<string, string> {
  return { GOMEMLIMIT: `${Math.floor(limitMebibytes * 0.9)}MiB` };
}

/** What alerts are sent by, each in the file that the configuration names. */
export function alertmanagerSecretFiles(emailPassword: string, webhookUrl: string): Record<string, string> {
  return {
    ...(emailPassword !== '' && { [alertmanagerSecrets.emailPassword]: emailPassword }),
    ...(webhookUrl !== '' && { [alertmanagerSecrets.webhookUrl]: webhookUrl }),
  };
}
