/** What a stack file says of watching. */

/** Images of each, by exact version. */
export const monitoringImages = {
  exporter: 'node:24.21.0-slim',
  prometheus: 'prom/prometheus:v3.5.3',
  alertmanager: 'prom/alertmanager:v0.33.1',
  grafana: 'grafana/grafana:12.2.0',
} as const;

/** Key `monitoring`, whole. */
export interface Monitoring {
  /** Whether the exporter runs: metrics and the status page. */
  enabled: boolean;
  /** Port of the exporter on this machine, 9234 by default; it answers on loopback alone. */
  port: number;
  /** Image that the exporter is made on. */
  image: string;
  /** Up to how many devices each has metrics of its own. */
  maxDeviceLabels: number;
  /** Null: none of this stack. */
  prometheus: PrometheusSettings | null;
  alertmanager: AlertmanagerSettings | null;
  grafana: GrafanaSettings | null;
}

/** Each answers on loopback alone. */
interface Service {
  port: number;
  image: string;
  memoryLimitMebibytes: number;
}

export interface PrometheusSettings extends Service {
  retentionDays: number;
  /** Size at which the oldest samples go before their time. */
  retentionSizeMebibytes: number;
  /** Whether its data stays when the stack is destroyed. */
  retainDataOnDestroy: boolean;
}

export interface AlertmanagerSettings extends Service {
  /** Null: no mail. */
  email: { to: string[]; from: string; smarthost: string; username: string } | null;
  /** Whether alerts go to the address of `alertWebhookUrl`, which is a secret key of its own. */
  webhook: boolean;
}

export interface GrafanaSettings extends Service {
  retainDataOnDestroy: boolean;
}
