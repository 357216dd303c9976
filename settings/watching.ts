/** What of watching needs more than one value. */

import { quoted } from '../mosquitto/quoted';
import {
  alertingNetwork,
  longestWatchedName,
  publishingNetwork,
  type Watcher,
  watchers,
  watchingNetwork,
} from '../watching/containers';
import type { AlertmanagerSettings, Monitoring } from '../watching/settings';
import type { Config } from './schema';

/**
 * Every broken rule, as far as the values are right by themselves.
 *
 * @param withheld keys that have a value which is not at hand
 */
export function watchingProblems(config: Partial<Config>, withheld: ReadonlySet<string>): string[] {
  const { monitoring } = config;
  // Nothing watches a service, whatever is asked for.
  if (monitoring === undefined || config.runtime === 'service') return [];
  return [
    ...needProblems(monitoring),
    ...secretProblems(
      monitoring,
      (key) => withheld.has(key) || (config[key] === undefined ? undefined : config[key] !== ''),
    ),
    ...portProblems(monitoring, config),
  ];
}

/** What is there for nothing without something else. */
function needProblems({ enabled, prometheus, alertmanager, grafana }: Monitoring) {
  if (prometheus !== null && !enabled) {
    return ['monitoring.prometheus: asks an exporter, and there is none; write monitoring.enabled: true'];
  }
  if (prometheus !== null) return [];
  return [
    ...(alertmanager === null
      ? []
      : ['monitoring.alertmanager: gets alerts from a Prometheus, and there is none; write monitoring.prometheus: {}']),
    ...(grafana === null
      ? []
      : ['monitoring.grafana: asks a Prometheus, and there is none; write monitoring.prometheus: {}']),
  ];
}

function secretProblems(
  { alertmanager }: Monitoring,
  has: (key: 'alertEmailPassword' | 'alertWebhookUrl') => boolean | undefined,
): string[] {
  const { email = null, webhook = false } = alertmanager ?? {};
  return [...passwordProblems(email, has('alertEmailPassword')), ...addressProblems(webhook, has('alertWebhookUrl'))];
}

/** @param isThere undefined where what is there is wrong by itself */
function passwordProblems(email: AlertmanagerSettings['email'], isThere: boolean | undefined): string[] {
  if (isThere === undefined) return [];
  const path = 'monitoring.alertmanager.email';
  if (email === null) {
    return isThere ? [`alertEmailPassword: is given, and no alert is mailed; write ${path}, or leave it out`] : [];
  }
  if (isThere === (email.username !== '')) return [];
  return isThere
    ? [`${path}.username: is empty, and there is an "alertEmailPassword"; write whose it is, or leave both out`]
    : [
        `alertEmailPassword: is empty, and ${path} logs in as ${quoted(email.username)}; write its password, as a secret`,
      ];
}

function addressProblems(webhook: boolean, isThere: boolean | undefined): string[] {
  const path = 'monitoring.alertmanager.webhook';
  if (isThere === undefined || isThere === webhook) return [];
  return isThere
    ? [`alertWebhookUrl: is given, and no alert goes there; write ${path}: true, or leave it out`]
    : [`alertWebhookUrl: is empty, and ${path} is true; write the address, as a secret`];
}

/** Whatever the addresses are: one port for one thing can be remembered. */
function portProblems(monitoring: Monitoring, { listeners = [] }: Partial<Config>): string[] {
  if (!monitoring.enabled) return [];
  const taken = new Map(listeners.map(({ port }, index) => [port, `listeners[${index}]`]));
  return watchers.flatMap((watcher) => {
    const port = watcher === 'exporter' ? monitoring.port : monitoring[watcher]?.port;
    if (port === undefined) return [];
    const [path, first] = [pathOf(watcher), taken.get(port)];
    if (first === undefined) {
      taken.set(port, path);
      return [];
    }
    return [`${path}.port: ${port} stands already at ${first}; use each once`];
  });
}

function pathOf(watcher: Watcher): string {
  return watcher === 'exporter' ? 'monitoring' : `monitoring.${watcher}`;
}

/** What is wrong with the names that a watched broker gives to what watches it. */
export function watchedNameProblems(containerName: string, { enabled }: Monitoring, network: string): string[] {
  if (!enabled) return [];
  const own = [watchingNetwork, publishingNetwork, alertingNetwork].map((name) => name(containerName));
  return [
    ...(containerName.length > longestWatchedName
      ? [
          `containerName: ${quoted(containerName)} has more than ${longestWatchedName} characters, and what watches it is found by a name that begins so; choose a shorter one`,
        ]
      : []),
    ...(own.includes(network)
      ? [`network: ${quoted(network)} is that of what watches the broker; choose another one`]
      : []),
  ];
}
