/** The configuration of Alertmanager. */

import { stringify } from 'yaml';
import type { AlertmanagerSettings } from './settings';
import type { Watched } from './watched';

export const alertmanagerFile = 'alertmanager.yml';

/** Where it reads its secrets from: they stand in no configuration. */
export const alertmanagerSecrets = {
  emailPassword: '/etc/alertmanager/email-password',
  webhookUrl: '/etc/alertmanager/webhook-url',
} as const;

const operator = 'operator';

/**
 * Alerts of one kind come together, and again after four hours where they are critical, else after a day. While the
 * broker is down nothing else is said of it.
 *
 * @param settings default: those of the stack
 */
export function alertmanagerConfiguration(
  { monitoring }: Pick<Watched, 'monitoring'>,
  settings: Pick<AlertmanagerSettings, 'email' | 'webhook'> = monitoring.alertmanager ?? {
    email: null,
    webhook: false,
  },
): string {
  return stringify(
    {
      route: {
        receiver: operator,
        group_by: ['alertname', 'stack'],
        group_wait: '30s',
        group_interval: '5m',
        repeat_interval: '1d',
        routes: [{ receiver: operator, matchers: ['severity="critical"'], repeat_interval: '4h' }],
      },
      inhibit_rules: [
        {
          source_matchers: ['alertname=~"MosquittoDown|MosquittoMetricsMissing"'],
          target_matchers: ['alertname!~"MosquittoDown|MosquittoMetricsMissing"'],
          equal: ['stack'],
        },
        ...graver.map(([grave, light]) => ({
          source_matchers: [`alertname="${grave}"`],
          target_matchers: [`alertname="${light}"`],
          equal: ['stack', 'listener'],
        })),
      ],
      receivers: [{ name: operator, ...emails(settings), ...webhooks(settings) }],
    },
    { lineWidth: 0, aliasDuplicateObjects: false },
  );
}

/** Alerts that say the same as another one, which is graver. */
const graver: ReadonlyArray<readonly [grave: string, light: string]> = [
  ['MosquittoMemoryAtLimit', 'MosquittoMemoryNearLimit'],
  ['MosquittoDiskFull', 'MosquittoDiskFilling'],
  ['MosquittoCertificateEndsSoon', 'MosquittoCertificateEnds'],
];

function emails({ email }: Pick<AlertmanagerSettings, 'email'>) {
  if (email === null) return {};
  const { to, from, smarthost, username } = email;
  const login =
    username === '' ? {} : { auth_username: username, auth_password_file: alertmanagerSecrets.emailPassword };
  return {
    email_configs: to.map((address) => ({ to: address, from, smarthost, ...login, send_resolved: true, ...mail })),
  };
}

/** Alertmanager's own mail leaves out which command to run. */
const mail = {
  headers: { Subject: '{{ .Status }}: {{ .CommonLabels.alertname }} of {{ .CommonLabels.stack }}' },
  html: '',
  text: `{{ range .Alerts }}{{ .Status }}: {{ .Annotations.summary }}
{{ .Annotations.description }}
{{ if eq .Status "firing" }}Run: {{ .Annotations.run }}
{{ end }}Since: {{ .StartsAt }}

{{ end }}`,
};

function webhooks({ webhook }: Pick<AlertmanagerSettings, 'webhook'>) {
  return webhook ? { webhook_configs: [{ url_file: alertmanagerSecrets.webhookUrl, send_resolved: true }] } : {};
}
