/** A stack that has everything of watching. */

import { monitoringImages } from '../../watching/settings';
import type { Watched } from '../../watching/watched';

const service = { memoryLimitMebibytes: 256 };

export const watched: Watched = {
  stack: 'prod',
  containerName: 'aipi-mqtt',
  certificateRenewalDays: 30,
  monitoring: {
    enabled: true,
    port: 9_234,
    image: monitoringImages.exporter,
    maxDeviceLabels: 100,
    prometheus: {
      ...service,
      port: 9_090,
      image: monitoringImages.prometheus,
      retentionDays: 15,
      retentionSizeMebibytes: 1_024,
      retainDataOnDestroy: true,
    },
    alertmanager: {
      ...service,
      port: 9_093,
      image: monitoringImages.alertmanager,
      email: {
        to: ['operator@example.org'],
        from: 'broker@example.org',
        smarthost: 'smtp.example.org:587',
        username: 'broker',
      },
      webhook: true,
    },
    grafana: { ...service, port: 3_000, image: monitoringImages.grafana, retainDataOnDestroy: true },
  },
};
