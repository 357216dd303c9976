import { EarlyProof } from '../../commands/stack/earlyProof';
import type { RunningProof } from '../../commands/stack/proof';
import type { CheckResult } from '../../mosquitto/result';
import type { VerificationPlan } from '../../mosquitto/verificationPlan';

const files = { 'mosquitto.conf': 'listener 1883\n', acl: 'user alice\n' };
const plan = { container: 'broker' } as VerificationPlan;
const checks: CheckResult[] = [{ check: 'alice reads', ok: true, detail: '', ms: 1 }];

/** A rehearsal that proves whatever plan comes. */
const held = async (_: unknown, coming: Promise<VerificationPlan>) => {
  await coming;
  return checks;
};

const proof = { live: checks } as RunningProof;
const proved = async () => proof;

describe('EarlyProof', () => {
  it('holds the rehearsal on the files, with the plan that comes', async () => {
    const seen: unknown[] = [];
    const early = new EarlyProof(
      files,
      async (read, coming) => {
        seen.push(read, await coming);
        return checks;
      },
      proved,
    );
    early.rehearse(plan);
    expect(await early.checksOf(Promise.resolve({ ...files }))).toBe(checks);
    expect(seen).toEqual([files, plan]);
  });

  it.each([
    ['another text', { ...files, acl: 'user alice\ntopic readwrite #\n' }],
    ['a file too many', { ...files, more: '' }],
    ['a file too few', { 'mosquitto.conf': files['mosquitto.conf'] }],
    ['none', {}],
  ])('does not count where the broker reads %s by now', async (_, now) => {
    const early = new EarlyProof(files, held, proved);
    early.rehearse(plan);
    expect(await early.checksOf(Promise.resolve(now))).toBeUndefined();
  });

  it('proves nothing without a plan, and ends', async () => {
    let hasEnded = false;
    const hold: typeof held = (read, coming) =>
      held(read, coming).finally(() => {
        hasEnded = true;
      });
    const early = new EarlyProof(files, hold, proved);
    await early.end();
    expect(hasEnded).toBe(true);
    expect(await early.checksOf(Promise.resolve(files))).toBeUndefined();
  });

  it('keeps what is proved when it ends', async () => {
    const early = new EarlyProof(files, held, proved);
    early.rehearse(plan);
    await early.end();
    expect(await early.checksOf(Promise.resolve(files))).toBe(checks);
  });

  it('proves nothing where it cannot be held, and says nothing of it', async () => {
    const early = new EarlyProof(
      files,
      async () => {
        throw new Error('no room');
      },
      proved,
    );
    early.rehearse(plan);
    expect(await early.checksOf(Promise.resolve(files))).toBeUndefined();
  });

  it('fails where the files cannot be read any more', async () => {
    const early = new EarlyProof(files, held, proved);
    early.rehearse(plan);
    await expect(early.checksOf(Promise.reject(new Error('gone')))).rejects.toThrow('gone');
  });

  it('proves the running broker once, when it is asked to', async () => {
    const seen: unknown[] = [];
    const early = new EarlyProof(files, held, async (asked) => {
      seen.push(asked);
      return proof;
    });
    early.rehearse(plan);
    expect(early.running).toBeUndefined();
    early.prove(plan);
    early.prove(plan);
    expect(await early.running).toBe(proof);
    expect(seen).toEqual([plan]);
  });

  it('hands on that the running broker does not come up, to whoever asks', async () => {
    const early = new EarlyProof(files, held, async () => {
      throw new Error('it has ended');
    });
    early.prove(plan);
    await early.end();
    await expect(early.running).rejects.toThrow('it has ended');
  });
});
