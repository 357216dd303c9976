/** Alerts of what was deployed, and of what it is worth by now. */

import { certificateShares, proofHours } from '../thresholds';
import type { Watched } from '../watched';
import { type Alert, percent, type Series } from './alert';

export function deploymentAlerts(series: Series, { certificateRenewalDays }: Watched): Alert[] {
  const days = series('mosquitto_certificate_remaining_days');
  const daysOf = (share: number) => Number((certificateRenewalDays * share).toPrecision(3));
  return [
    {
      name: 'MosquittoCertificateEnds',
      severity: 'warning',
      expression: `${days} < ${daysOf(certificateShares.warning)}`,
      lasting: '1h',
      summary: 'The certificate of {{ $labels.listener }} at {{ $labels.stack }} ends in {{ $value | humanize }} days',
      description: `${percent(certificateShares.warning)} are left of the time in which an update renews the certificate that is served: none has come.`,
      run: 'up',
    },
    {
      name: 'MosquittoCertificateEndsSoon',
      severity: 'critical',
      expression: `${days} < ${daysOf(certificateShares.critical)}`,
      lasting: '10m',
      summary: 'The certificate of {{ $labels.listener }} at {{ $labels.stack }} ends in {{ $value | humanize }} days',
      description: `${percent(certificateShares.critical)} are left of that time, or nothing: with its end no client trusts the broker.`,
      run: 'up',
    },
    {
      name: 'MosquittoCertificateDiffers',
      severity: 'critical',
      expression: `${series('mosquitto_certificate_matches')} == 0`,
      // What is served is looked at every 15 minutes.
      lasting: '20m',
      summary:
        'Listener {{ $labels.listener }} of {{ $labels.stack }} serves another certificate than the deployed one',
      description: 'What has been served for twenty minutes is not what was deployed.',
      run: 'up',
    },
    {
      name: 'MosquittoProofFailed',
      severity: 'critical',
      expression: `${series('mosquitto_proof_failed_checks')} > 0`,
      lasting: '10m',
      summary: '{{ $value }} checks of the last proof of {{ $labels.stack }} did not hold',
      description: 'What runs is not what was deployed: checks of the last proof have not held for ten minutes.',
      run: 'verify',
    },
    {
      name: 'MosquittoProofOld',
      severity: 'warning',
      expression: `time() - ${series('mosquitto_proof_timestamp_seconds')} > ${proofHours * 3_600}`,
      lasting: '5m',
      summary: '{{ $labels.stack }} was proved last {{ $value | humanizeDuration }} ago',
      description: `The last proof is older than a day, and a nightly one is late: ${proofHours} hours have passed.`,
      run: 'verify',
    },
  ];
}
