/** The decision of an update, made from what a stack has recorded in the place of what its broker has. */

import { type IssueRecord, nextRecord } from '../certificates/revocation';
import type { Term } from '../certificates/terms';
import { type OptionChanges, optionChanges } from '../change/container';
import { asksReports, type Decision, decide } from '../change/decide';
import type { DeployedContainer } from '../change/drift';
import { isKnown, knownOr } from '../change/unknown';
import type { NamedAuthority, Wanted } from '../change/wanted';
import { fleetRecord } from '../fleet/change';
import { type BrokerFiles, fileNames } from '../mosquitto/files';
import { type ClientKind, certifiedKinds } from '../mosquitto/listeners';
import { witnessUsername } from '../mosquitto/witness';
import type { NamedDevice, Side } from './side';

/** Certificate to how long it lasts, by name, as the outputs of a stack list them. */
export type Terms = Readonly<Record<string, Term>>;

export interface Decided {
  decision: Decision;
  options: OptionChanges;
  /** Whether `up` will ask what devices have reported of their bundles before it does this. */
  asksReports: boolean;
}

/**
 * Decides as an update does.
 *
 * @param before what is deployed; undefined for nothing
 * @param terms of the certificates that are deployed; none where they are not known
 * @param now milliseconds
 * @param container that the engine has made; default as the side before says it
 */
export function decideOn(
  before: Side | undefined,
  after: Side,
  wanted: Wanted,
  terms: Terms,
  now: number,
  container = before && containerOf(before),
): Decided {
  const deployed = before === undefined ? {} : recordedFiles(before, terms);
  // What devices have reported is asked where the broker is.
  const asked: Wanted = {
    ...wanted,
    secretId: secretIdOf(after),
    given: newlyGiven(before, wanted),
    maxUnreachedDevicesPercent: 100,
  };
  return {
    decision: decide(deployed, asked, { reports: new Map(), clock: undefined, now }),
    options: optionChanges(
      { ...after.container, image: imageOf(after, container) },
      after.container.image,
      after.restartDigest,
      container,
    ),
    asksReports: asksReports(deployed, asked),
  };
}

function containerOf({ container, restartDigest }: Side): DeployedContainer {
  return { id: '', options: container, image: container.image, restartDigest, madeAt: undefined };
}

/** Without an engine nobody knows which image a reference means by now: the same reference is taken for the same image. */
function imageOf({ container: { image } }: Side, deployed: DeployedContainer | undefined): string {
  return deployed !== undefined && deployed.image === image ? deployed.options.image : image;
}

/** What of the broker's files a decision reads, as far as a record tells; see `recordsIn`. */
function recordedFiles(side: Side, terms: Terms): BrokerFiles {
  const { devices, configuration } = side;
  return {
    [fileNames.configuration]: configuration,
    ...(hasDevices(side) && isKnown(devices) && { [fileNames.fleet]: fleetText(devices, side) }),
    ...(side.certificates.areUsed && { [fileNames.trust]: trustText(side, terms) }),
    [fileNames.issued]: JSON.stringify(
      Object.fromEntries(certifiedKinds(side.listeners).map((kind) => [kind, issuedRecord(side, kind)])),
    ),
  };
}

/** Whether any listener is for devices. */
export function hasDevices({ listeners }: Pick<Side, 'listeners'>): boolean {
  return listeners.some(({ clients }) => clients === 'devices');
}

/** Root secrets are told apart by their generation: what is made of it nobody sees here. */
function secretIdOf({ deviceSecretGeneration }: Side): string {
  return `generation ${deviceSecretGeneration}`;
}

function fleetText(devices: readonly NamedDevice[], side: Side): string {
  const plain = devices.map((device) => ({ ...device, metadata: {} }));
  return JSON.stringify(fleetRecord(undefined, plain, secretIdOf(side)));
}

function trustText({ certificates: { trust } }: Side, terms: Terms): string {
  const fingerprintOf = ({ name = '', fingerprint }: NamedAuthority) =>
    isKnown(fingerprint) ? fingerprint : (terms[name]?.fingerprint ?? name);
  const { signer, furtherSigners, trusted, clients } = trust;
  const all = [...(signer === null ? [] : [signer]), ...furtherSigners, ...trusted, ...clients];
  return JSON.stringify({
    signer: signer === null ? null : fingerprintOf(signer),
    ...(furtherSigners.length > 0 && { furtherSigners: furtherSigners.map(fingerprintOf) }),
    trusted: trusted.map(fingerprintOf),
    clients: clients.map(fingerprintOf),
    names: Object.fromEntries(all.map((each) => [fingerprintOf(each), each.name ?? fingerprintOf(each)])),
  });
}

function issuedRecord({ accounts, devices }: Side, kind: ClientKind): IssueRecord {
  const present =
    kind === 'accounts'
      ? [{ username: witnessUsername, generation: 1 }, ...accounts].map(
          ({ username, generation }): [string, number] => [username, generation],
        )
      : knownOr(devices, []).map(({ id, generation }): [string, number] => [id, generation]);
  return { ...nextRecord(undefined, present), digest: '' };
}

/** Certificates from elsewhere whose time is judged: all of a place where one of them is new. */
function newlyGiven(before: Side | undefined, { given }: Wanted): Wanted['given'] {
  const deployed = new Set(before?.certificates.given.map(({ fingerprint }) => fingerprint));
  const places = new Set(given.filter(({ fingerprint }) => !deployed.has(fingerprint)).map(({ path }) => path));
  return given.filter(({ path }) => places.has(path));
}
