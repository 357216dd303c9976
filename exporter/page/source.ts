/** Where the page has its status from. */

import type { Status } from '../../watching/status';
import type { Words } from './words';

/** Why there is none. */
export type Lack = { kind: 'unreachable' | 'slow' | 'unreadable' } | { kind: 'status'; code: number };

const patienceMilliseconds = 8_000;

/** Beside the page, wherever that is. */
export async function ask(): Promise<Status | Lack> {
  try {
    const answer = await fetch('status.json', { cache: 'no-store', signal: AbortSignal.timeout(patienceMilliseconds) });
    if (!answer.ok) return { kind: 'status', code: answer.status };
    const told: unknown = await answer.json();
    return isStatus(told) ? told : { kind: 'unreadable' };
  } catch (error) {
    if (error instanceof SyntaxError) return { kind: 'unreadable' };
    return { kind: (error as Error).name === 'TimeoutError' ? 'slow' : 'unreachable' };
  }
}

export function isLack(told: Status | Lack): told is Lack {
  return 'kind' in told;
}

/** As far as it tells an answer of the exporter from that of something else. */
function isStatus(told: unknown): told is Status {
  if (typeof told !== 'object' || told === null) return false;
  const { time, broker, findings, history } = told as Partial<Status>;
  return (
    typeof time === 'string' && typeof broker?.up === 'boolean' && Array.isArray(findings) && history !== undefined
  );
}

export function lackWords(lack: Lack, { reasons }: Words): string {
  return lack.kind === 'status' ? reasons.status(lack.code) : reasons[lack.kind];
}
