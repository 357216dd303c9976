/** What devices have reported of their bundles: user properties of their retained status. */

import type { UserProperties } from 'mqtt-packet';
import type { BundleReport } from '../certificates/trust';
import { statusTopics } from '../mosquitto/witness';
import type { BrokerHandle } from './broker';
import { hangUp } from './client';

/** Device id to its report; a device that has never said anything is not in it. */
export async function bundleReports(broker: BrokerHandle): Promise<Map<string, BundleReport>> {
  const reports = new Map<string, BundleReport>();
  const client = await broker.dial()(broker.witness);
  try {
    client.on('message', (topic, _, { properties }) => {
      const [, id = ''] = topic.split('/');
      reports.set(id, reportOf(properties?.userProperties ?? {}));
    });
    await client.subscribeAsync(statusTopics, { qos: 0 });
    // Retained messages come before the answer to this.
    await client.unsubscribeAsync(statusTopics);
    return reports;
  } finally {
    hangUp(client);
  }
}

/** A property that is there twice counts once; an empty `ca` says that none is trusted, any other empty one nothing. */
export function reportOf(properties: UserProperties): BundleReport {
  const text = (name: string): string | null => [properties[name] ?? []].flat()[0] ?? null;
  const said = (name: string): string | null => (text(name) === '' ? null : text(name));
  const generation = text('generation') ?? '';
  const trusted = text('ca');
  return {
    generation: /^\d+$/.test(generation) ? Number(generation) : null,
    trusted: trusted === '' ? [] : (trusted?.split(',') ?? null),
    issuer: said('certificate_issuer'),
    certificateExpires: said('certificate_expires'),
  };
}
