/** What a change of a stack means, from wherever it is asked: a look at the broker, the state's record, or two revisions. */

import type { DeployedContainer } from '../../change/drift';
import { isKnown } from '../../change/unknown';
import { decideOn, type Terms } from '../../review/decision';
import type { EngineStep, Review } from '../../review/form';
import { levels } from '../../review/levelNames';
import type { ReviewSettings } from '../../review/levels';
import { recordIn, type SideRecord, withDevices } from '../../review/record';
import { reviewOf } from '../../review/review';
import type { Side } from '../../review/side';
import { unknownFromAfar } from '../../review/unknown';
import type { ReviewedSettings } from '../../settings';
import { sideOf } from '../../settings/side';
import { wantedOf } from '../../settings/wanted';
import { type StoredResource, stored, storedOutputs } from './state';
import { brokerIn } from './storedBroker';

/** The revision that a change is made on. */
export interface Base {
  /** Full name of the commit. */
  commit: string;
  /** Null where it has no file of the stack. */
  settings: ReviewedSettings | null;
}

/** What the state of a stack says of its last deployment. */
export interface Recorded {
  record: SideRecord | undefined;
  /** Undefined where it does not say. */
  terms: Terms | undefined;
  /** The container that the engine has made: an update that failed may have made another one than was recorded. */
  container: DeployedContainer | undefined;
}

export function recordedIn(resources: readonly StoredResource[]): Recorded {
  const { certificateTerms } = storedOutputs(resources);
  const { deployed } = stored(resources, 'aipi:index:Verification', 'verification')?.outputs ?? {};
  return {
    record: recordIn(deployed),
    terms: certificateTerms as Terms | undefined,
    container: brokerIn(resources),
  };
}

/** What a review by revisions or by the state is made from. */
export interface Compared {
  stack: string;
  head: ReviewedSettings;
  base: Base | undefined;
  /** Undefined where no state can be read. */
  recorded: Recorded | undefined;
  engine: readonly EngineStep[] | string;
  /** What else is not known, a line each. */
  unknown: readonly string[];
  now: number;
}

/** @throws Error where there is nothing to compare with */
export function reviewByRecord({ stack, head, base, recorded, engine, unknown: others, now }: Compared): Review {
  const after = sideOf(head);
  const { before, source, terms, unknown } = comparison(stack, after, base, recorded);
  const {
    decision,
    options,
    asksReports: asks,
  } = decideOn(before, after, wantedOf(head), terms ?? {}, now, recorded?.container);
  const baseSide = base?.settings ? sideOf(base.settings) : undefined;
  return reviewOf({
    stack,
    against: {
      source,
      base: base?.commit ?? null,
      isBaseDeployed: source !== 'state' || baseSide === undefined ? null : isSame(baseSide, before as Side),
    },
    before,
    deviceCount: recorded?.record?.fleet.count,
    after,
    decision,
    options,
    terms,
    now,
    drift: null,
    engine,
    unknown: [
      ...others,
      ...unknown,
      ...unknownFromAfar(before, after, {
        added: decision.fleet?.added.length ?? 0,
        asksReports: asks,
        maxUnreachedDevicesPercent: head.maxUnreachedDevicesPercent,
        maxCutOffClients: head.maxCutOffClients,
      }),
    ],
    review: base?.settings?.review ?? deployedReview(recorded) ?? head.review,
  });
}

/** A change must not decide itself what it fails by, also where its base cannot be read. */
function deployedReview(recorded: Recorded | undefined): ReviewSettings | undefined {
  const guards = recorded?.record?.side.guards;
  if (guards === undefined) return undefined;
  const failOn = levels.filter((level) => (guards['review.failOn'] as readonly string[]).includes(level));
  return { failOn, maxFleetShrinkPercent: Number(guards['review.maxFleetShrinkPercent']) };
}

function comparison(stack: string, after: Side, base: Base | undefined, recorded: Recorded | undefined) {
  const side = base?.settings ? sideOf(base.settings) : undefined;
  const known = (each: Side | undefined) => (each !== undefined && isKnown(each.devices) ? [each.devices] : []);
  if (recorded?.record !== undefined) {
    const before = withDevices(recorded.record, [...known(side), ...known(after)]);
    return { before, source: 'state' as const, terms: recorded.terms, unknown: [] };
  }
  const isNew = base === undefined ? recorded === undefined : base.settings === null;
  const isEmpty = recorded !== undefined && recorded.container === undefined;
  if (isEmpty || (recorded === undefined && isNew)) {
    return { before: undefined, source: 'nothing' as const, terms: {}, unknown: [] };
  }
  if (side === undefined) {
    throw new Error(
      `The state of the stack "${stack}" does not say what was deployed, as after a first update that failed, ` +
        'of an earlier version of this program, or where it is encrypted; name the revision that it was deployed from, with --base',
    );
  }
  const unknown =
    recorded === undefined
      ? 'what is deployed: the state of the stack is not here'
      : 'what is deployed: the state of the stack does not say it';
  return { before: side, source: 'base' as const, terms: recorded?.terms, unknown: [unknown] };
}

/** Whether two sides say the same, whatever the order of their fields. */
function isSame(a: Side, b: Side): boolean {
  return JSON.stringify(normal(written(a))) === JSON.stringify(normal(written(b)));
}

/** What a person has written: another version of this program may make something else of it. */
function written({ configuration: _text, restartDigest: _digest, guards: _guards, container, ...others }: Side) {
  return { ...others, image: container.image, containerName: container.name };
}

function normal(value: unknown): unknown {
  if (typeof value === 'symbol') return null;
  if (Array.isArray(value)) return value.map(normal);
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).filter(([, each]) => each !== undefined);
  return Object.fromEntries(entries.sort(([x], [y]) => (x < y ? -1 : 1)).map(([key, each]) => [key, normal(each)]));
}
