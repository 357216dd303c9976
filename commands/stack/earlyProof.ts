/**
 * A proof of the files in force and of the running broker that begins while the engine still looks for something to change:
 * where it finds nothing, nobody has to wait for it.
 */

import { isDeepStrictEqual } from 'node:util';
import type { BrokerFiles } from '../../mosquitto/files';
import type { CheckResult } from '../../mosquitto/result';
import type { VerificationPlan } from '../../mosquitto/verificationPlan';
import type { RunningProof } from './proof';

export class EarlyProof {
  private readonly access: Promise<CheckResult[] | undefined>;
  private settle: (plan: VerificationPlan | undefined) => void = () => {};
  /** Of the running broker; undefined where it was not proved early. */
  running: Promise<RunningProof> | undefined;

  /**
   * @param files as they were read when they were looked at
   * @param hold starts a broker on them, and proves it by a plan that is still to come
   * @param proveRunning proves the running broker
   */
  constructor(
    private readonly files: BrokerFiles,
    hold: (files: BrokerFiles, plan: Promise<VerificationPlan>) => Promise<CheckResult[]>,
    private readonly proveRunning: (plan: VerificationPlan) => Promise<RunningProof>,
  ) {
    const plan = new Promise<VerificationPlan>((resolve, reject) => {
      this.settle = (known) => (known === undefined ? reject(new Error('there is nothing to prove')) : resolve(known));
    });
    plan.catch(() => {});
    this.access = hold(files, plan).catch(() => undefined);
  }

  /** Proves the files, as soon as passwords are known. */
  rehearse(plan: VerificationPlan): void {
    this.settle(plan);
  }

  /** Proves the running broker, as soon as it is known that an update has changed nothing of it. */
  prove(plan: VerificationPlan): void {
    this.running ??= this.proveRunning(plan);
    this.running.catch(() => {});
  }

  /** What was proved of these files; undefined where it was others, or the rehearsal could not be held. */
  async checksOf(files: Promise<BrokerFiles>): Promise<CheckResult[] | undefined> {
    const [checks, now] = await Promise.all([this.access, files]);
    return isDeepStrictEqual(now, this.files) ? checks : undefined;
  }

  /** Takes the rehearsal away; what is proved already stays so. */
  async end(): Promise<void> {
    this.settle(undefined);
    await Promise.allSettled([this.access, this.running]);
  }
}
