/** Who may do what, for a terminal. */

import {
  type AccessMatrix,
  accessWords,
  type ListenerRow,
  loginWords,
  type RuleRow,
  reachWords,
} from '../access/matrix';
import { visible } from '../mosquitto/quoted';
import { columns } from './table';

export function accessTable({ accounts, roles, example, listeners, network }: AccessMatrix): string {
  const head = ['who', 'may', 'topic', 'line'];
  const parts = [
    ...accounts.flatMap(({ username, rules }) => ruleRows(`account ${username}`, rules)),
    ...roles.flatMap(({ name, devices, rules }) => ruleRows(`role ${name} (${counted(devices)})`, rules)),
    ...(example === null
      ? []
      : ruleRows(`${example.declared ? 'device' : 'a device'} ${example.id}, for example`, example.rules)),
  ];
  const listenerHead = ['listener', 'addresses', 'TLS', 'who logs in', 'by', 'reached from', 'line'];
  return [
    shown([head, ...parts]),
    shown([listenerHead, ...listeners.map(listenerCells)]),
    ...(network === null ? [] : [`Containers in the Docker network ${network} reach every listener.`]),
    '"#" and "+" at the beginning match no topic that begins with "$". Never: not even where another line says otherwise.',
  ].join('\n\n');
}

/** What nobody sees stands as an escape, which has a width. */
function shown(rows: readonly string[][]): string {
  return columns(rows.map((cells) => cells.map(visible)));
}

/** The first row names whose rules they are. */
function ruleRows(who: string, rules: readonly RuleRow[]): string[][] {
  if (rules.length === 0) return [[who, 'nothing', '', '']];
  return rules.map(({ access, topic, path }, index) => [index === 0 ? who : '', accessWords(access), topic, path]);
}

function listenerCells(listener: ListenerRow): string[] {
  const { name, addresses, tls, clients, path } = listener;
  return [name, addresses.join(', '), tls ? 'yes' : 'no', clients, loginWords(listener), reachWords(listener), path];
}

function counted(devices: number): string {
  return `${devices} ${devices === 1 ? 'device' : 'devices'}`;
}
