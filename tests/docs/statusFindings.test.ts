/** Proves that the documentation names every finding of a status, in its order, with the numbers that it goes by. */

import { findingKinds } from '../../watching/status';
import {
  certificateShares,
  diskFreeShares,
  memoryShares,
  mostRefusedLogins,
  proofHours,
  queueShare,
  recentSeconds,
} from '../../watching/thresholds';
import { codeSpans } from './markdown';
import { languages, table } from './pages';

const percent = (share: number) => `${Math.round(100 * share)} %`;

const numbers: Readonly<Partial<Record<(typeof findingKinds)[number], string[]>>> = {
  'certificate-ends': [percent(certificateShares.warning), percent(certificateShares.critical)],
  'messages-dropped': [String(recentSeconds / 60)],
  'refused-logins': [String(mostRefusedLogins), String(recentSeconds / 60)],
  'queue-filling': [percent(queueShare)],
  'disk-filling': [percent(diskFreeShares.warning), percent(diskFreeShares.critical)],
  'memory-near-limit': [percent(memoryShares.warning), percent(memoryShares.critical)],
  'proof-failed': [String(proofHours)],
};

test.each(languages)('each finding in %s', (language) => {
  const { rows } = table('docs/watching.md', language, 'Finding');
  const kinds = rows.flatMap(([kind = '']) => codeSpans(kind));
  expect([...kinds].sort()).toEqual([...findingKinds].sort());
  for (const [kind = '', when = ''] of rows) {
    for (const number of codeSpans(kind).flatMap((name) => numbers[name as keyof typeof numbers] ?? [])) {
      expect(when).toContain(number);
    }
  }
});
