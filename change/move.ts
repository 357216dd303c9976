/** A broker that is deployed in one place and wanted in another one. */

import { dataVolume } from '../mosquitto/files';

/** Where a broker runs. */
export interface BrokerPlace {
  kind: 'container' | 'service';
  /** Undefined for this machine. */
  machine: string | undefined;
}

/** What a move means to people, before it is done; none where nothing moves. */
export function moveWords(name: string, from: BrokerPlace, to: BrokerPlace, isDataKept: boolean): string[] {
  if (!isMove(from, to)) return [];
  const rest = isDataKept ? `they stay in ${dataVolume(name)} there` : 'save them first where they are needed';
  return [
    `The broker moves, from ${placeWords(from)} to ${placeWords(to)}, and everybody is disconnected:`,
    '  accounts, devices and certificates stay as they are, and nobody is provisioned again',
    `  sessions, queued and retained messages do not come along; ${rest}`,
    ...(from.machine === to.machine ? [] : ['  clients have to find it: see to DNS, dnsNames and ipAddresses']),
    ...(staysBehind(from, to)
      ? ['  the container from before is not taken away, because its engine is no longer asked; remove it there']
      : []),
  ];
}

/** Whether the one from before goes on: a state has one Docker engine, and another one is asked by then. */
export function staysBehind(from: BrokerPlace, to: BrokerPlace): boolean {
  return from.kind === 'container' && to.kind === 'container' && from.machine !== to.machine;
}

/** Whether the two are not the same. */
export function isMove(from: BrokerPlace, to: BrokerPlace): boolean {
  return from.kind !== to.kind || from.machine !== to.machine;
}

function placeWords({ kind, machine }: BrokerPlace): string {
  return `a ${kind} on ${machine ?? 'this machine'}`;
}
