/** How the services beside an exporter are run: what of their containers is not the same for all. */

import { createHmac } from 'node:crypto';
import { posix } from 'node:path';
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
  /** Folder of its configuration, which it only reads. */
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

/** From which Grafana reads the first password of its administrator. */
export const grafanaPasswordFile = 'admin-password';

/** Nothing is asked of the internet: neither news of plug-ins nor the plug-ins that it would fetch by itself. */
export function grafanaService(port: number): ServiceOptions {
  return {
    user: '472:0',
    command: [],
    environment: {
      GF_PATHS_PROVISIONING: grafanaFolder,
      GF_SECURITY_ADMIN_PASSWORD__FILE: `${grafanaFolder}/${grafanaPasswordFile}`,
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
  const files = [
    [alertmanagerSecrets.emailPassword, emailPassword],
    [alertmanagerSecrets.webhookUrl, webhookUrl],
  ] as const;
  return Object.fromEntries(
    files.filter(([, text]) => text !== '').map(([path, text]) => [posix.basename(path), text]),
  );
}

/** Input of the delivery to a service. It may hold secrets, so it travels by standard input only. */
export interface ServiceFiles {
  dockerHost: string | null;
  /** Id of the image. */
  image: string;
  /** Volume that the files go to. */
  volume: string;
  /** User and group that alone may read them, by their numbers. */
  user: string;
  /** Path in the folder of the configuration, of one folder at most, to text. */
  files: Readonly<Record<string, string>>;
}

/**
 * Name of the volume with the configuration of a service: another configuration has another volume, so that nothing is left
 * of the one before.
 *
 * @param key without which nobody can try what secrets among the files may be
 */
export function configurationVolume(
  containerName: string,
  service: Service,
  files: ServiceFiles['files'],
  key: string,
): string {
  const sorted = Object.entries(files).sort(([a], [b]) => (a < b ? -1 : 1));
  const digest = createHmac('sha256', key).update(JSON.stringify(sorted)).digest('hex').slice(0, 12);
  return `${watcherContainer(containerName, service)}-${digest}`;
}
