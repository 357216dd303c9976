/** What a change means to who reviews it: the decision of an update, told as data. */

import type { OptionChanges } from '../change/container';
import type { Decision } from '../change/decide';
import { isKnown } from '../change/unknown';
import { problemWords } from '../mosquitto/problem';
import { type Reach, reachWords } from '../mosquitto/reach';
import { accessReview, rolesOf } from './access';
import { type Away, awayOf } from './away';
import { certificateReview, expiring } from './certificates';
import { hasDevices, type Terms } from './decision';
import { listenerChanges, openedToTheWorld, reachesOf, weakened } from './exposure';
import type { DeviceChange, EngineStep, Review } from './form';
import { bundleReasons, irreversible } from './lasting';
import { levelsOf, type ReviewSettings, shrinkage } from './levels';
import { settingChanges } from './settings';
import type { Side } from './side';
import { sentenceOf } from './verdict';

/** All that a review is made from. */
export interface Reviewed {
  stack: string;
  against: Review['against'];
  /** What is deployed, or what the base revision says; undefined where nothing is deployed. */
  before: Side | undefined;
  /** How many devices there were, where the list of them is unknown. */
  deviceCount?: number | undefined;
  after: Side;
  /** Who reaches it before; default as the side before says it. */
  reachBefore?: readonly Reach[];
  decision: Decision;
  options: OptionChanges;
  /** Of the certificates that are deployed; undefined where they are unknown. */
  terms: Terms | undefined;
  /** Milliseconds. */
  now: number;
  /** What else forbids it, a line each. */
  refused?: readonly string[];
  /** What others have changed; null where nobody looked. */
  drift: readonly string[] | null;
  /** The engine's own preview, or why there is none. */
  engine: readonly EngineStep[] | string;
  /** What cannot be known from where this is made, a line each. */
  unknown: readonly string[];
  review: ReviewSettings;
}

export function reviewOf(reviewed: Reviewed): Review {
  const { stack, against, before, after, decision, options, terms, now, drift, engine, review } = reviewed;
  const refused = [...decision.problems.map(problemWords), ...(reviewed.refused ?? [])];
  const devices = deviceChange(reviewed);
  const access = accessReview(before, after, devices?.reassigned ?? [], devices?.added ?? []);
  const away = awayOf(before, after, decision, options);
  const exposed = before === undefined ? [] : reachWords(reviewed.reachBefore ?? reachesOf(before), reachesOf(after));
  const settings = settingChanges(before, after);
  const isShown = typeof engine !== 'string';
  const parts = {
    access: access.changes,
    accounts: accountChanges(before, after),
    devices,
    reach: exposed,
    listeners: listenerChanges(before, after),
    certificates: certificateReview(before, after, terms, decision, now),
    image: imageChange(before, after),
    settings,
    live: [...options.live],
    irreversible: irreversible(before, after, decision.fleet, options, refused.length > 0),
    bundles: bundleReasons(before, after),
    drift: drift === null ? null : [...drift],
    engine: { steps: isShown ? [...engine] : null, why: isShown ? null : engine },
  };
  const isChange = before === undefined || refused.length > 0 || changes(parts, away, decision);
  const verdict = { isChange, refused, ...away };
  return {
    version: 1,
    stack,
    against,
    verdict: { sentence: sentenceOf(verdict, before === undefined), ...verdict },
    ...parts,
    levels: levelsOf(
      {
        'everybody-disconnected': away.disconnected === 'everybody' ? [...away.because] : [],
        'access-widened': before === undefined ? [] : access.widened,
        'listener-opened': openedToTheWorld(before, after),
        'tls-weakened': weakened(before, after),
        'fleet-shrinks': shrinkage(fleetSize(reviewed), review.maxFleetShrinkPercent),
        'protected-replaced': protectedReplaced(before, after, engine),
        'certificate-expires': expiring(before, after, terms, now),
        drift: drift ?? [],
      },
      review.failOn,
    ),
    unknown: [...reviewed.unknown],
  };
}

type Parts = Pick<
  Review,
  | 'access'
  | 'accounts'
  | 'devices'
  | 'reach'
  | 'listeners'
  | 'certificates'
  | 'image'
  | 'settings'
  | 'live'
  | 'drift'
  | 'engine'
>;

/** Whether anything is done at all. */
function changes(parts: Parts, { disconnected }: Away, decision: Decision): boolean {
  const { access, accounts, devices, reach, listeners, certificates, image, settings, live, drift, engine } = parts;
  const lists = [
    access,
    ...Object.values(accounts),
    ...(devices === null ? [] : [devices.added, devices.revoked, devices.rotated, devices.reassigned]),
    reach,
    ...Object.values(listeners),
    settings,
    live,
    drift ?? [],
    engine.steps ?? [],
    decision.authorities,
  ];
  return (
    image !== null ||
    disconnected !== 'nobody' ||
    lists.some((list) => list.length > 0) ||
    certificates.list.some(({ outcome }) => outcome !== 'stays')
  );
}

/** Null where no listener is for devices; nobody is told to come or go whose list is unknown. */
function deviceChange({ before, after, deviceCount, decision }: Reviewed): DeviceChange | null {
  if (!hasDevices(after) || decision.fleet === null) return null;
  const devices = isKnown(after.devices) ? after.devices : [];
  const isUnknown = before !== undefined && hasDevices(before) && !isKnown(before.devices);
  if (isUnknown) {
    const none = { added: [], revoked: [], rotated: [], reassigned: [] };
    return { before: deviceCount ?? null, after: devices.length, ...none };
  }
  const { added, revoked, rotated, reassigned } = decision.fleet;
  const [old, next] = [rolesOf(before), rolesOf(after)];
  return {
    before: before === undefined || !hasDevices(before) ? 0 : old.size,
    after: devices.length,
    added,
    revoked,
    rotated,
    reassigned: reassigned.map((id) => ({ id, from: old.get(id) ?? '', to: next.get(id) ?? '' })),
  };
}

/** How many devices there were and will be; without a listener for them there is none. */
function fleetSize({ before, after, deviceCount }: Reviewed): { before: number | null; after: number } {
  const sizeOf = (side: Side | undefined, other: number | null) => {
    if (side === undefined || !hasDevices(side)) return 0;
    return isKnown(side.devices) ? side.devices.length : other;
  };
  return { before: sizeOf(before, deviceCount ?? null), after: sizeOf(after, null) ?? 0 };
}

function accountChanges(before: Side | undefined, after: Side): Review['accounts'] {
  const [old, next] = [before?.accounts ?? [], after.accounts].map(
    (accounts) => new Map(accounts.map(({ username, generation }) => [username, generation])),
  );
  const known = [...(old ?? new Map())];
  const names = [...(next?.keys() ?? [])].sort();
  return {
    added: names.filter((name) => !old?.has(name)),
    removed: known
      .map(([name]) => name)
      .filter((name) => !next?.has(name))
      .sort(),
    rotated: names.filter((name) => old?.has(name) && old.get(name) !== next?.get(name)),
  };
}

function imageChange(before: Side | undefined, after: Side): Review['image'] {
  const [old, next] = [before?.container.image ?? null, after.container.image];
  return old === null || old === next ? null : { before: old, after: next };
}

function protectedReplaced(before: Side | undefined, after: Side, engine: Reviewed['engine']): string[] {
  const steps = typeof engine === 'string' ? [] : engine;
  const seen = steps
    .filter((step) => step.protected && /replace|delete/.test(step.operation))
    .map(({ name }) => `${name} is protected, and would be replaced or deleted`);
  const isAnother = before !== undefined && before.deviceSecretGeneration !== after.deviceSecretGeneration;
  return seen.length === 0 && isAnother ? ['the root secret of all devices, which is protected, is replaced'] : seen;
}
