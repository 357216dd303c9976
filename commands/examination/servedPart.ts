/** What listeners show and answer, and where the names lead that clients use. */

import { shownFindings } from '../../doctor/certificates';
import type { Finding } from '../../doctor/finding';
import { answerFindings, nameFindings } from '../../doctor/listeners';
import type { Patient } from '../../doctor/patient';
import { isLoopbackAddress, localAddress } from '../../mosquitto/listeners';
import { planFor, type Target, type VerificationPlan, verifiedCertificates } from '../../mosquitto/verificationPlan';
import { provable } from '../../operate/client';
import { namesSeen } from '../../operate/doctor/names';
import { servedBy } from '../../operate/doctor/served';
import { deployedOf } from '../stack/deployedContainer';
import type { Known } from '../stack/known';
import { storedOutputs } from '../stack/state';
import type { Report } from './report';
import { termsOf } from './terms';

export async function servedPart(known: Known, patient: Patient, unseen: Report): Promise<Finding[]> {
  const { settings, resources } = known;
  const targets = targetsOf(known);
  if (targets === undefined) {
    unseen('what listeners show and answer', new Error('neither stack file nor state says which there are'));
    return [];
  }
  const deployed = termsOf(known).server?.fingerprint ?? null;
  const outputs = storedOutputs(resources ?? []);
  const authority = typeof outputs.caCertificate === 'string' ? outputs.caCertificate : '';
  const names = [...(settings?.dnsNames ?? []), ...(settings?.ipAddresses ?? [])];
  const plan: VerificationPlan = {
    ...planFor(
      { dockerHost: undefined, containerName: patient.container, listeners: [], dnsNames: names, ipAddresses: [] },
      [],
      [],
      verifiedCertificates(authority, deployed, termsOf(known), {}),
    ),
    targets,
  };
  const reached = provable(plan);
  const hasTls = reached.some(({ scheme }) => /s$/.test(scheme));
  const isNamed = hasTls || reached.some(({ loopback }) => !loopback);
  const [{ shown, answers }, leads] = await Promise.all([
    servedBy(plan, reached, hasTls ? names : []),
    namesSeen(isNamed ? (settings?.dnsNames ?? []) : [], reached, deployed),
  ]);
  return [
    ...shownFindings(patient, shown, deployed ?? undefined, Date.now()),
    ...answerFindings(patient, answers),
    ...nameFindings(patient, leads),
  ];
}

/** Listeners as they are deployed; where the state does not say, as they are wanted. */
function targetsOf({ settings, resources }: Known): Target[] | undefined {
  const wanted = settings && planFor(settings, [], [], verifiedCertificates('', null, {}, {})).targets;
  const endpoints = storedOutputs(resources ?? []).endpoints as Record<string, string> | undefined;
  const ports = (resources && deployedOf(resources).container?.options.ports) ?? [];
  if (endpoints === undefined) return wanted;
  const known = wanted?.filter(({ name }) => endpoints[name.replace(/ at .*$/, '')] !== undefined) ?? [];
  const names = new Set(known.map(({ name }) => name.replace(/ at .*$/, '')));
  const others = Object.keys(endpoints).filter((name) => !names.has(name));
  return [
    ...known,
    ...others.flatMap((name): Target[] => {
      const [scheme = 'mqtt', number] = name.split('-');
      const published = ports.find(({ external }) => external === Number(number));
      if (published === undefined) return [];
      const address = localAddress(published.ip);
      return [
        {
          name,
          scheme: scheme as Target['scheme'],
          clients: 'accounts',
          address,
          port: published.external,
          loopback: isLoopbackAddress(published.ip),
          requireCertificate: false,
          useIdentityAsUsername: false,
        },
      ];
    }),
  ];
}
