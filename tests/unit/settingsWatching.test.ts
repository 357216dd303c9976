/** What a stack file may not say of watching: each rule, seen refusing, and the nearest that it lets through. */

import { type Config, problemsOf, settingsOf } from './rawConfig';

const email = { to: ['a@example.org'], from: 'b@example.org', smarthost: 'smtp.example.org:587' };
const watched = (monitoring: Config, others: Config = {}) =>
  problemsOf({ monitoring: { enabled: true, ...monitoring }, ...others });
const alerting = (alertmanager: Config, others: Config = {}) => watched({ prometheus: {}, alertmanager }, others);
const none = /^$/;

test.each<[rule: string, problems: readonly string[], expected: RegExp]>([
  [
    'Prometheus without an exporter',
    problemsOf({ monitoring: { prometheus: {} } }),
    /^monitoring\.prometheus: .*enabled: true$/,
  ],
  [
    'Alertmanager without Prometheus',
    watched({ alertmanager: {} }),
    /^monitoring\.alertmanager: .*monitoring\.prometheus: {}$/,
  ],
  ['Grafana without Prometheus', watched({ grafana: {} }), /^monitoring\.grafana: .*monitoring\.prometheus: {}$/],
  ['all of them', watched({ prometheus: {}, alertmanager: {}, grafana: {} }), none],
  ['a service, which nothing watches', watched({ port: 1883 }, { runtime: 'service' }), none],
  [
    'a login for mail without its password',
    alerting({ email: { ...email, username: 'ops' } }),
    /^alertEmailPassword: .*"ops"; write/,
  ],
  ['mail without a login', alerting({ email }), none],
  [
    'a password without a login',
    alerting({ email }, { alertEmailPassword: 's3cret' }),
    /^monitoring\.alertmanager\.email\.username: /,
  ],
  ['a password without mail', watched({}, { alertEmailPassword: 's3cret' }), /^alertEmailPassword: is given/],
  [
    'a login with its password',
    alerting({ email: { ...email, username: 'ops' } }, { alertEmailPassword: 's3cret' }),
    none,
  ],
  ['a web hook without its address', alerting({ webhook: true }), /^alertWebhookUrl: is empty/],
  [
    'an address without a web hook',
    alerting({}, { alertWebhookUrl: 'https://s3cret.example' }),
    /^alertWebhookUrl: is given/,
  ],
  [
    'an address of another kind',
    alerting({ webhook: true }, { alertWebhookUrl: 'ftp://s3cret.example' }),
    /^alertWebhookUrl: "…" is no/,
  ],
  ['a web hook with its address', alerting({ webhook: true }, { alertWebhookUrl: 'https://s3cret.example' }), none],
  ['the port of a listener', watched({ port: 1883 }), /^monitoring\.port: 1883 stands already at listeners\[0\]/],
  [
    'a port of another',
    watched({ prometheus: { port: 9234 } }),
    /^monitoring\.prometheus\.port: 9234 stands already at monitoring;/,
  ],
  ['the port of a listener, where nothing watches', problemsOf({ monitoring: { port: 1883 } }), none],
  ['a long name', watched({}, { containerName: 'a'.repeat(51) }), /^containerName: .*50 characters/],
  ['a name that is long enough', watched({}, { containerName: 'a'.repeat(50) }), none],
  ['its network', watched({}, { containerName: 'a1', network: 'a1-monitoring' }), /^network: "a1-monitoring" is that/],
])('%s', (_, problems, expected) => {
  expect(problems.join('\n')).toMatch(expected);
  expect(problems.length).toBeLessThanOrEqual(1);
  expect(problems.join('\n')).not.toContain('s3cret');
});

test('what alerts are sent by stands in one place of the settings', () => {
  const { alertSecrets, ...others } = settingsOf({
    monitoring: { enabled: true, prometheus: {}, alertmanager: { webhook: true } },
    alertWebhookUrl: 'https://s3cret.example',
  });
  expect(alertSecrets).toEqual({ alertEmailPassword: '', alertWebhookUrl: 'https://s3cret.example' });
  expect(JSON.stringify(others)).not.toContain('s3cret');
});
