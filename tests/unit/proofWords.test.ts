import { proofWords } from '../../commands/table';
import type { CheckResult } from '../../mosquitto/result';

const good: CheckResult = { check: 'mqtt: anonymous is refused', ok: true, detail: 'not authorized', ms: 7 };
const bad: CheckResult = { check: 'mqtt: a logs in', ok: false, detail: 'refused: nothing listens there', ms: 1200 };
const interruption = { milliseconds: 812, because: [] };

it('says in one line what holds', () => {
  expect(proofWords([good, good, good], { all: false })).toBe('3 checks passed now');
});

it('adds the time without a broker', () => {
  expect(proofWords([good], { all: false, interruption })).toBe(
    '1 check passed now; the broker was replaced, and nobody could connect for 812 ms',
  );
});

it('names each check that failed, with what was seen', () => {
  expect(proofWords([good, bad, good], { all: false })).toBe(
    '✗ mqtt: a logs in: refused: nothing listens there\n2 of 3 checks passed now',
  );
});

it('names what could not be tried, and counts it as nothing', () => {
  const untried: CheckResult = { check: 'a neighbour', ok: true, detail: 'not tried: no root', ms: 0, notTried: true };
  expect(proofWords([good, untried], { all: false })).toBe('– a neighbour: not tried: no root\n1 check passed now');
  expect(proofWords([bad, untried], { all: true })).toContain('\n– a neighbour');
});

it('lists all of them where it is asked to', () => {
  expect(proofWords([good, bad], { all: true })).toBe(
    [
      '✓ mqtt: anonymous is refused     7 ms  not authorized',
      '✗ mqtt: a logs in             1200 ms  refused: nothing listens there',
      '1 of 2 checks passed now',
    ].join('\n'),
  );
});
