/** Alerts of what was deployed, and of what it is worth by now. */

import type { Watched } from '../watched';
import type { Alert, Series } from './alert';

/** Shares of the days in which an update renews a certificate: when these are left, updates do not come, or fail. */
const [late, last] = [1 / 2, 1 / 10];

export function deploymentAlerts(series: Series, { certificateRenewalDays }: Watched): Alert[] {
  const days = series('mosquitto_certificate_remaining_days');
  const daysOf = (share: number) => Number((certificateRenewalDays * share).toPrecision(3));
  return [
    {
      name: 'MosquittoCertificateEnds',
      severity: 'warning',
      expression: `${days} < ${daysOf(late)}`,
      lasting: '1h',
      summary: 'The certificate of {{ $labels.listener }} at {{ $labels.stack }} ends in {{ $value | humanize }} days',
      description:
        'Half of the time is over in which an update renews the certificate that is served: updates do not come, or fail.',
      run: 'up',
    },
    {
      name: 'MosquittoCertificateEndsSoon',
      severity: 'critical',
      expression: `${days} < ${daysOf(last)}`,
      lasting: '10m',
      summary: 'The certificate of {{ $labels.listener }} at {{ $labels.stack }} ends in {{ $value | humanize }} days',
      description: 'A tenth of that time is left, or none: with its end no client trusts the broker.',
      run: 'up',
    },
    {
      name: 'MosquittoCertificateDiffers',
      severity: 'critical',
      expression: `${series('mosquitto_certificate_matches')} == 0`,
      lasting: '10m',
      summary:
        'Listener {{ $labels.listener }} of {{ $labels.stack }} serves another certificate than the deployed one',
      description: 'What is served for ten minutes is not what was deployed.',
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
      expression: `time() - ${series('mosquitto_proof_timestamp_seconds')} > 86400`,
      // A proof each night at the same hour is older than a day for as long as the next one takes.
      lasting: '2h',
      summary: '{{ $labels.stack }} was proved last {{ $value | humanizeDuration }} ago',
      description: 'The last proof has been older than a day for two hours.',
      run: 'verify',
    },
  ];
}
