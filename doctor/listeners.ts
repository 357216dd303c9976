/** Whether listeners answer, and whether the names that clients use lead there. */

import { type Finding, finding } from './finding';
import { order, type Patient } from './patient';

/** What a listener answered whoever has no name. */
export interface Answer {
  listener: string;
  /** Whether somebody without a name was let in. */
  isOpen: boolean;
  /** Why there was no answer of the broker, in words; undefined where there was one. */
  silence: string | undefined;
}

export function answerFindings(patient: Patient, answers: readonly Answer[]): Finding[] {
  const silent = answers.filter(({ silence }) => silence !== undefined);
  const open = answers.filter(({ isOpen }) => isOpen).map(({ listener }) => listener);
  return [
    ...(silent.length === 0
      ? []
      : [
          finding('listener-silent', {
            of: silent.map(({ listener }) => listener),
            says: silent
              .map(({ listener, silence }) => `${listener} does not answer as a broker: ${silence}`)
              .join('; '),
            remedy: 'Look at its log, then start the broker anew; everybody is away for a second',
            run: [`npm run log -- ${patient.stack} --since 1h`, order(patient, 'restart')],
          }),
        ]),
    ...(open.length === 0
      ? []
      : [
          finding('listener-open', {
            of: open,
            says: `${open.join(', ')} let somebody in without a name and a password`,
            remedy: 'Bring back what was deployed',
            run: [`npm run up -- ${patient.stack}`],
          }),
        ]),
  ];
}

/** Ports of the container that its engine does not publish. */
export function unpublishedFindings(patient: Patient, ports: readonly string[]): Finding[] {
  if (ports.length === 0) return [];
  return [
    finding('port-unpublished', {
      of: ports,
      says: `Docker does not publish ${ports.join(', ')} of the container ${patient.container}, though it runs`,
      remedy: 'Start it anew; everybody is away for a second',
      run: [order(patient, 'restart')],
    }),
  ];
}

/** Where a name of the certificate leads. */
export interface NameSeen {
  name: string;
  /** Empty where it does not resolve. */
  addresses: readonly string[];
  /** What answers there is not this broker, in words; undefined where it is, or where that cannot be told. */
  stranger: string | undefined;
}

export function nameFindings({ stack }: Patient, names: readonly NameSeen[]): Finding[] {
  return names.flatMap(({ name, addresses, stranger }) => {
    if (addresses.length === 0) {
      return [
        finding('name-unresolved', {
          of: [name],
          // By multicast whoever asks is answered by the machine itself, which need not ask in that way.
          ...(/\.local$/i.test(name) && { weight: 'note' as const }),
          says: `The name ${name}, which clients use, does not resolve here`,
          remedy: `Make it known where clients resolve it, to try as a line of /etc/hosts, or take it out of "aipi-mqtt:dnsNames" in Pulumi.${stack}.yaml`,
          run: [`getent hosts ${name}`],
        }),
      ];
    }
    if (stranger === undefined) return [];
    return [
      finding('name-elsewhere', {
        of: [name],
        says: `The name ${name} leads to ${addresses.join(', ')}, where this broker is not found: ${stranger}`,
        remedy: 'Correct it where clients resolve it; behind a router, correct what that one forwards',
        run: [`getent hosts ${name}`],
      }),
    ];
  });
}
