/** Statuses to try things with: a sound broker, and what differs. */

import { type Facts, findingsOf } from '../../watching/findings';
import { type HistorySeries, historySeries, type Status } from '../../watching/status';

export const stepSeconds = 300;
const steps = 288;
export const now = '2026-03-04T12:00:00.000Z';

/** The same value at each step of the last day. */
export function flat(value: number | null): Array<number | null> {
  return Array.from({ length: steps }, () => value);
}

const usual: Record<HistorySeries, number> = {
  connected: 6,
  messagesReceived: 12,
  messagesSent: 20,
  bytesReceived: 2_400,
  bytesSent: 5_100,
  refusedLogins: 0,
  dropped: 0,
  roundTripMilliseconds: 1.4,
};

export function history(changed: Partial<Record<HistorySeries, Array<number | null>>> = {}): Status['history'] {
  const series = Object.fromEntries(historySeries.map((name) => [name, flat(usual[name])]));
  return {
    stepSeconds,
    start: new Date(Date.parse(now) - steps * stepSeconds * 1_000).toISOString(),
    series: { ...(series as Status['history']['series']), ...changed },
  };
}

/** A broker that needs no hand. */
export function soundFacts(changed: Partial<Facts> = {}): Facts {
  return {
    time: now,
    stack: 'prod',
    container: 'mosquitto-prod',
    broker: { up: true, reason: null, version: '2.1.2', since: '2026-02-20T08:00:00.000Z' },
    listeners: [
      { name: 'mqtt-1883', port: 1883, up: true, reason: null, roundTripSeconds: 0.0011, certificate: null },
      {
        name: 'mqtts-8883',
        port: 8883,
        up: true,
        reason: null,
        roundTripSeconds: 0.0042,
        certificate: { notAfter: '2026-12-01T00:00:00.000Z', remainingDays: 271.5, matches: true },
      },
    ],
    clients: { connected: 6, limit: 1000 },
    fleet: {
      declared: 5,
      connected: 5,
      silent: 0,
      devices: ['pi-001', 'pi-002', 'pi-003', 'pi-004', 'pi-005'].map((id) => ({
        id,
        role: 'device',
        connected: true,
        since: '2026-03-04T06:30:00.000Z',
        address: '192.0.2.17',
        silent: false,
      })),
    },
    accounts: [{ username: 'aisa_server', connections: 1 }],
    memory: { bytes: 21_000_000, limitBytes: 256 * 2 ** 20 },
    disk: { databaseBytes: 310_000, freeBytes: 60e9, diskBytes: 100e9 },
    counted: { refusedLogins: 2, takeovers: 0, protocolErrors: 0, keepaliveEvictions: 1, dropped: 0 },
    deployment: { digest: '4f2a9c01d3', time: '2026-02-20T08:00:00.000Z' },
    proof: { time: '2026-03-04T03:00:00.000Z', checks: 84, failed: [] },
    history: history(),
    contested: [],
    queue: { messages: 0, limit: 1000 },
    ...changed,
  };
}

/** The status of such a broker, with what needs a hand. */
export function statusOf(changed: Partial<Facts> = {}): Status {
  const { contested, queue, earlyRenewalDays, ...known } = soundFacts(changed);
  return {
    ...known,
    findings: findingsOf({ ...known, contested, queue, ...(earlyRenewalDays && { earlyRenewalDays }) }),
  };
}
