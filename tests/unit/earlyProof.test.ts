import { EarlyRehearsal } from '../../commands/stack/earlyRehearsal';
import type { VerificationPlan } from '../../mosquitto/plan';
import type { CheckResult } from '../../mosquitto/result';

const files = { 'mosquitto.conf': 'listener 1883\n', acl: 'user alice\n' };
const plan = { container: 'broker' } as VerificationPlan;
const checks: CheckResult[] = [{ check: 'alice reads', ok: true, detail: '', ms: 1 }];

/** A rehearsal that proves whatever plan comes. */
const held = async (_: unknown, coming: Promise<VerificationPlan>) => {
  await coming;
  return checks;
};

describe('EarlyRehearsal', () => {
  it('holds the rehearsal on the files, with the plan that comes', async () => {
    const seen: unknown[] = [];
    const rehearsal = new EarlyRehearsal(files, async (read, coming) => {
      seen.push(read, await coming);
      return checks;
    });
    rehearsal.prove(plan);
    expect(await rehearsal.checksOf(Promise.resolve({ ...files }))).toBe(checks);
    expect(seen).toEqual([files, plan]);
  });

  it.each([
    ['another text', { ...files, acl: 'user alice\ntopic readwrite #\n' }],
    ['a file too many', { ...files, more: '' }],
    ['a file too few', { 'mosquitto.conf': files['mosquitto.conf'] }],
    ['none', {}],
  ])('does not count where the broker reads %s by now', async (_, now) => {
    const rehearsal = new EarlyRehearsal(files, held);
    rehearsal.prove(plan);
    expect(await rehearsal.checksOf(Promise.resolve(now))).toBeUndefined();
  });

  it('proves nothing without a plan, and ends', async () => {
    let hasEnded = false;
    const rehearsal = new EarlyRehearsal(files, (read, coming) =>
      held(read, coming).finally(() => {
        hasEnded = true;
      }),
    );
    await rehearsal.end();
    expect(hasEnded).toBe(true);
    expect(await rehearsal.checksOf(Promise.resolve(files))).toBeUndefined();
  });

  it('keeps what is proved when it ends', async () => {
    const rehearsal = new EarlyRehearsal(files, held);
    rehearsal.prove(plan);
    await rehearsal.end();
    expect(await rehearsal.checksOf(Promise.resolve(files))).toBe(checks);
  });

  it('proves nothing where it cannot be held, and says nothing of it', async () => {
    const rehearsal = new EarlyRehearsal(files, async () => {
      throw new Error('no room');
    });
    rehearsal.prove(plan);
    expect(await rehearsal.checksOf(Promise.resolve(files))).toBeUndefined();
  });

  it('fails where the files cannot be read any more', async () => {
    const rehearsal = new EarlyRehearsal(files, held);
    rehearsal.prove(plan);
    await expect(rehearsal.checksOf(Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  });
});
