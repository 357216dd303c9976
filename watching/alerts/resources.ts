/** Alerts of limits and disks. */

import { diskFreeShares, memoryShares } from '../thresholds';
import { type Alert, percent, type Series } from './alert';

/** Of maxConnections. */
const connectionShare = 0.8;

export function resourceAlerts(series: Series): Alert[] {
  const memory = `${series('broker_heap_current')} / ${series('mosquitto_memory_limit_bytes')}`;
  const connections = `${series('broker_clients_connected')} / ${series('mosquitto_max_connections')}`;
  const free = series('mosquitto_database_free_bytes');
  const freeShare = `${free} / ${series('mosquitto_database_disk_bytes')}`;
  return [
    {
      name: 'MosquittoMemoryNearLimit',
      severity: 'warning',
      expression: `${memory} > ${memoryShares.warning}`,
      lasting: '5m',
      summary: 'The broker of {{ $labels.stack }} uses {{ $value | humanizePercentage }} of the memory that it may use',
      description: `The broker has used more than ${percent(memoryShares.warning)} of its memory limit for five minutes.`,
      run: 'status',
    },
    {
      name: 'MosquittoMemoryAtLimit',
      severity: 'critical',
      expression: `${memory} > ${memoryShares.critical}`,
      lasting: '2m',
      summary: 'The broker of {{ $labels.stack }} uses {{ $value | humanizePercentage }} of the memory that it may use',
      description: `The broker has used more than ${percent(memoryShares.critical)} of its memory limit for two minutes; at the limit it refuses messages.`,
      run: 'doctor',
    },
    {
      name: 'MosquittoConnectionsNearLimit',
      severity: 'warning',
      expression: `${connections} > ${connectionShare}`,
      lasting: '5m',
      summary: '{{ $value | humanizePercentage }} of the connections that {{ $labels.stack }} allows are taken',
      description: `More than ${percent(connectionShare)} of maxConnections have been taken for five minutes; beyond it clients are refused.`,
      run: 'status',
    },
    {
      name: 'MosquittoDiskFilling',
      severity: 'warning',
      // By what six hours took, and only where they are known: a line through few samples of a young Prometheus leads anywhere.
      expression: `${freeShare} < ${diskFreeShares.warning} or (${freeShare} < 0.4 and 4 * (${free} offset 6h - ${free}) > ${free})`,
      lasting: '30m',
      summary: 'The disk with the messages of {{ $labels.stack }} fills: {{ $value | humanizePercentage }} is free',
      description: `Less than ${percent(diskFreeShares.warning)} of the disk is free, or less than 40 % and it would be full within a day.`,
      run: 'doctor',
    },
    {
      name: 'MosquittoDiskFull',
      severity: 'critical',
      expression: `${freeShare} < ${diskFreeShares.critical}`,
      lasting: '5m',
      summary:
        'The disk with the messages of {{ $labels.stack }} is nearly full: {{ $value | humanizePercentage }} is free',
      description: `Less than ${percent(diskFreeShares.critical)} of the disk is free: soon no message and no session can be kept.`,
      run: 'doctor',
    },
  ];
}
