/**
 * A rehearsal of the files in force that begins while the engine still looks for something to change: where it finds
 * nothing, the proof need not wait for a container to start.
 */

import { isDeepStrictEqual } from 'node:util';
import type { BrokerFiles } from '../../mosquitto/files';
import type { VerificationPlan } from '../../mosquitto/plan';
import type { CheckResult } from '../../mosquitto/result';

export class EarlyRehearsal {
  private readonly checks: Promise<CheckResult[] | undefined>;
  private settle: (plan: VerificationPlan | undefined) => void = () => {};

  /**
   * @param files as they were read when they were looked at
   * @param hold starts a broker on them, and proves it by a plan that is still to come
   */
  constructor(
    private readonly files: BrokerFiles,
    hold: (files: BrokerFiles, plan: Promise<VerificationPlan>) => Promise<CheckResult[]>,
  ) {
    const plan = new Promise<VerificationPlan>((resolve, reject) => {
      this.settle = (known) => (known === undefined ? reject(new Error('there is nothing to prove')) : resolve(known));
    });
    plan.catch(() => {});
    this.checks = hold(files, plan).catch(() => undefined);
  }

  /** Proves the files, as soon as passwords are known. */
  prove(plan: VerificationPlan): void {
    this.settle(plan);
  }

  /** What was proved of these files; undefined where it was others, or the rehearsal could not be held. */
  async checksOf(files: Promise<BrokerFiles>): Promise<CheckResult[] | undefined> {
    const [checks, now] = await Promise.all([this.checks, files]);
    return isDeepStrictEqual(now, this.files) ? checks : undefined;
  }

  /** Takes the rehearsal away; what is proved already stays so. */
  async end(): Promise<void> {
    this.settle(undefined);
    await this.checks;
  }
}
