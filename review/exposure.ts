/** Listeners: opened, closed, changed; and what of it opens the broker to the world, or weakens TLS. */

import { isTheWorld } from '../mosquitto/cidr';
import { isLoopback, type Listener, listenerName } from '../mosquitto/listeners';
import { type Reach, reachOf } from '../mosquitto/reach';
import type { Review } from './form';
import type { Side } from './side';

export function listenerChanges(before: Side | undefined, after: Side): Review['listeners'] {
  const [old, next] = [before?.listeners ?? [], after.listeners];
  const at = (list: readonly Listener[], port: number) => list.find((listener) => listener.port === port);
  return {
    added: next.filter(({ port }) => at(old, port) === undefined).map(listenerName),
    removed: old.filter(({ port }) => at(next, port) === undefined).map(listenerName),
    changed: next.flatMap((listener) => {
      const was = at(old, listener.port);
      const what = was === undefined ? [] : differences(was, listener);
      return what.length === 0 ? [] : [{ name: listenerName(listener), what }];
    }),
  };
}

/** Who reaches it is told of all listeners together. */
const told = ['protocol', 'tls', 'clients', 'requireCertificate', 'useIdentityAsUsername', 'bindAddress'] as const;

function differences(before: Listener, after: Listener): string[] {
  return told
    .map((field) => [field, String(before[field]), String(after[field])] as const)
    .filter(([, was, is]) => was !== is)
    .map(([field, was, is]) => `${field}: ${is} in place of ${was}`);
}

/** What becomes reachable for everybody, a line each. */
export function openedToTheWorld(before: Side | undefined, after: Side): string[] {
  const known = reachesOf(before).filter(isForAll).map(placeOf);
  return reachesOf(after)
    .filter((reach) => isForAll(reach) && !known.includes(placeOf(reach)))
    .map(({ name, address }) => `${name} on ${address} becomes reachable for everybody`);
}

export function reachesOf(side: Side | undefined): Reach[] {
  return side === undefined ? [] : reachOf(side.listeners, side.firewall);
}

function isForAll({ sources }: Reach): boolean {
  return sources === 'everybody' || isTheWorld(sources);
}

function placeOf({ port, address }: Reach): string {
  return `${port} ${address}`;
}

/** What of TLS and certificates of clients is weaker than before, a line each. */
export function weakened(before: Side | undefined, after: Side): string[] {
  const plain = after.listeners.filter(
    (listener) => !listener.tls && !isLoopback(listener) && !wasPlain(before, listener.port),
  );
  const asked = (before?.listeners ?? []).filter(({ requireCertificate }) => requireCertificate);
  return [
    ...plain.map((listener) => `${listenerName(listener)} answers other machines without TLS: passwords can be read`),
    ...asked.flatMap(({ port }) => {
      const now = after.listeners.find((listener) => listener.port === port);
      return now === undefined || now.requireCertificate
        ? []
        : [`${listenerName(now)} no longer asks clients for a certificate`];
    }),
    ...newlyUnasked(before, after),
    ...asked.flatMap((was) => {
      const now = after.listeners.find(({ port }) => port === was.port);
      return now?.useIdentityAsUsername && !was.useIdentityAsUsername
        ? [`${listenerName(now)} no longer asks clients for a password beside their certificate`]
        : [];
    }),
    ...lostTls(before, after),
  ];
}

/** A listener that is new for its clients, where each one that other machines reach asked these for a certificate. */
function newlyUnasked(before: Side | undefined, after: Side): string[] {
  const old = (before?.listeners ?? []).filter((listener) => !isLoopback(listener));
  return after.listeners
    .filter((listener) => !listener.requireCertificate && !isLoopback(listener))
    .filter(({ port, clients }) => {
      const same = old.filter((each) => each.clients === clients);
      const wasAsked = before?.listeners.some((each) => each.port === port && each.requireCertificate);
      return same.length > 0 && same.every(({ requireCertificate }) => requireCertificate) && !wasAsked;
    })
    .map((listener) => `${listenerName(listener)} asks ${listener.clients} for no certificate, which all others did`);
}

function wasPlain(before: Side | undefined, port: number): boolean {
  return (
    before?.listeners.some((listener) => listener.port === port && !listener.tls && !isLoopback(listener)) === true
  );
}

/** On this machine alone it is told, too: somebody has decided for TLS there. */
function lostTls(before: Side | undefined, after: Side): string[] {
  return (before?.listeners ?? []).flatMap((was) => {
    const now = after.listeners.find(({ port }) => port === was.port);
    return was.tls && now !== undefined && !now.tls && isLoopback(now) ? [`${listenerName(now)} loses TLS`] : [];
  });
}
