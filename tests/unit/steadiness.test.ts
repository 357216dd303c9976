import type { Steadiness } from '../../mosquitto/result';
import { mustHold, steady } from '../../operate/steadiness';

const quiet: Steadiness = { clients: 9, disconnects: 0, acknowledged: 120, lost: 0, longestGapMilliseconds: 31 };
const good = { check: 'mqtt: a logs in', ok: true, detail: 'accepted', ms: 1 };
const bad = { check: 'live: revoked pi-1 is refused', ok: false, detail: 'was let in', ms: 1 };

describe('mustHold', () => {
  it('is content where nobody has noticed anything, or nobody has looked', () => {
    expect(() => mustHold(quiet, [good])).not.toThrow();
    expect(() => mustHold(null, [])).not.toThrow();
  });

  it('is not content with one client less, or one message', () => {
    const said = (steadiness: Partial<Steadiness>) => () => mustHold({ ...quiet, ...steadiness }, [good]);
    expect(said({ disconnects: 1 })).toThrow(
      '1 of 9 clients were disconnected meanwhile and 0 of 120 messages were lost',
    );
    expect(said({ lost: 2 })).toThrow('0 of 9 clients were disconnected meanwhile and 2 of 120 messages were lost');
  });

  it('names the first claim that does not hold, whether anybody has looked or not', () => {
    for (const steadiness of [quiet, null, { ...quiet, lost: 1 }]) {
      expect(() => mustHold(steadiness, [good, bad])).toThrow('live: revoked pi-1 is refused: was let in');
    }
  });
});

describe('steady', () => {
  it('is a claim with its figures', () => {
    expect(steady(quiet)).toEqual([
      {
        check: 'reload: nobody is disconnected and no acknowledged message is lost',
        ok: true,
        detail: '9 clients, 0 disconnected; 120 messages acknowledged, 0 lost; longest gap 31 ms',
        ms: 31,
      },
    ]);
  });

  it('is disproved by a client or a message', () => {
    expect(steady({ ...quiet, disconnects: 1 })[0]?.ok).toBe(false);
    expect(steady({ ...quiet, lost: 1 })[0]?.ok).toBe(false);
  });

  it('claims nothing where nobody has looked', () => {
    expect(steady(null)).toEqual([]);
  });
});
