/** The review of a change on the machine of the broker: what others have changed is seen, too. */

import type { Review } from '../review/form';
import { reviewByLook } from './stack/lookedAt';
import { mustHold } from './stack/possession';
import { ready } from './stack/readiness';
import { existingStack, reachDocker } from './stack/stack';
import { updateProblems } from './stack/updateProblems';

export async function looked(name: string): Promise<Review> {
  const stack = await existingStack(name);
  await reachDocker(stack);
  const readiness = await ready(stack, false);
  mustHold(stack, readiness);
  return reviewByLook(stack, readiness, await updateProblems(stack, readiness.resources));
}
