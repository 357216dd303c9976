/** A broker that can be asked: its container, and how verification comes in. */

import type Docker from 'dockerode';
import type { ClientKind } from '../mosquitto/listeners';
import type { User } from '../mosquitto/render';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import { witnessOf } from '../mosquitto/witness';
import { bridgeDial } from './bridge';
import { type Dial, networkDial, reachable } from './client';
import { dockerEngine } from './docker';

/** The running broker of a plan, or a rehearsal of it. */
export class BrokerHandle {
  constructor(
    readonly container: Docker.Container,
    readonly plan: VerificationPlan,
  ) {}

  /** The running broker of a plan; whether there is one is not asked yet. */
  static running(plan: VerificationPlan): BrokerHandle {
    return new BrokerHandle(dockerEngine(plan.dockerHost).getContainer(plan.container), plan);
  }

  /** Name of the running broker's container. */
  get name(): string {
    return this.plan.container;
  }

  /** The account that verification speaks with. */
  get witness(): User {
    return witnessOf(this.plan.users);
  }

  /** The same broker, proved by another plan. */
  by(plan: VerificationPlan): BrokerHandle {
    return new BrokerHandle(this.container, plan);
  }

  /** Opens connections beside the network, to the first listener that is for these clients. */
  dial(kind: ClientKind = 'accounts'): Dial {
    return bridgeDial(this.container, this.plan, kind);
  }

  /** Opens connections for accounts over the network where it reaches a listener for them, else beside it. */
  nearestDial(): Dial {
    const target = reachable(this.plan).find(({ clients }) => clients === 'accounts');
    return target === undefined ? this.dial() : networkDial(target, this.plan);
  }
}
