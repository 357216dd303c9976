/** What must hold again when a broker has gone back to its files from before. */

import { fingerprintOf } from '../certificates/facts';
import { signersOf } from '../certificates/trust';
import { type AclFile, parseAcl, type UserAcl } from '../mosquitto/acl';
import { type BrokerFiles, clientFileNames, fileNames, keyTypes, serverFileNames } from '../mosquitto/files';
import { type ClientKind, clientKinds } from '../mosquitto/listeners';
import type { User } from '../mosquitto/render';
import type { VerificationPlan } from '../mosquitto/verificationPlan';
import { recordsIn, trustIn } from './records';
import { stayingAccounts, stayingUsers } from './staying';

/**
 * The plan for the files from before, as far as passwords and keys are known still: those of users who stay. Nothing is
 * said of certificates' terms, which are those of the change.
 *
 * @param before the files that are in force again
 * @param after the files that did not hold
 */
export function previousPlan(plan: VerificationPlan, before: BrokerFiles, after: BrokerFiles): VerificationPlan {
  const staying = new Set(stayingAccounts(before, plan.users));
  const users = withRulesOf(
    before[fileNames.acl],
    plan.users.filter(({ username }) => staying.has(username)),
  );
  const secretStays = recordsIn(before).fleet?.secretId === recordsIn(after).fleet?.secretId;
  // One of a role that nobody had is a stranger to the files from before, whatever their patterns allow everybody.
  const played = secretStays ? stayingUsers(before[fileNames.devicePasswords], plan.devices) : [];
  const devices = withRulesOf(before[fileNames.deviceAcl], played);
  const clientAuthorities = stillAccepted(plan, before);
  const { serverRoots: _, ...others } = plan;
  const roots = signersOf(trustIn(before));
  return {
    ...others,
    ...(roots.length > 1 && { serverRoots: roots }),
    users,
    devices,
    clientAuthorities,
    targets: plan.targets.filter(
      ({ requireCertificate, clients }) => !requireCertificate || clientAuthorities[clients] !== undefined,
    ),
    certificateAuthority: before[fileNames.certificateAuthority] ?? '',
    serverFingerprint: serverFingerprint(before),
    terms: {},
  };
}

/** Rules that cannot be read are proved of nobody. */
function withRulesOf(acl: string | undefined, users: readonly User[]): User[] {
  const { users: entries, patterns } = rulesIn(acl);
  return users.flatMap((user): User[] => {
    const own = entries.filter(({ username }) => username === user.username).flatMap(({ rules }) => rules);
    const shared = patterns.map(({ access, topic }) => ({ access, topic: topic.replaceAll('%u', user.username) }));
    const rules: UserAcl['rules'] = [...own, ...shared];
    return rules.length === 0 ? [] : [{ ...user, rules }];
  });
}

function rulesIn(acl = ''): AclFile {
  try {
    return parseAcl(acl);
  } catch {
    return { patterns: [], users: [] };
  }
}

function stillAccepted({ clientAuthorities }: VerificationPlan, before: BrokerFiles) {
  const accepted = (kind: ClientKind) => before[clientFileNames(kind).authorities] ?? '';
  return Object.fromEntries(
    clientKinds.flatMap((kind) => {
      const authority = clientAuthorities[kind];
      return authority !== undefined && accepted(kind).includes(authority.certificate.trim())
        ? [[kind, authority]]
        : [];
    }),
  );
}

/** Empty for one that cannot be read: no certificate is it, so the proof does not hold. */
function serverFingerprint(files: BrokerFiles): string | null {
  const pem = keyTypes.map((type) => files[serverFileNames(type).certificate]).find((text) => text !== undefined);
  try {
    return pem === undefined ? null : fingerprintOf(pem);
  } catch {
    return '';
  }
}
