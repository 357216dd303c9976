import * as pulumi from '@pulumi/pulumi';
import type { CheckedCertificate } from '../certificates/given';
import { type Reading, readValues, readValuesAlone, type Settings, SettingsError } from '../settings';
import type { CertificateSettings } from '../settings/certificates';
import { withDefaults } from '../settings/defaults';
import { type AlertSecrets, alertSecretKeys, secretKeys } from '../settings/secrets';
import type { MqttBrokerArgs } from './mqttBrokerArgs';

/** A certificate from elsewhere, whose key the engine may yet have to find. */
export interface GivenCertificate extends CheckedCertificate {
  privateKey: pulumi.Input<string>;
}

export interface BrokerSettings extends Omit<Settings<GivenCertificate>, 'alertSecrets'> {
  /** Each empty where there is none. Secret. */
  alertSecrets: Readonly<Record<keyof AlertSecrets, pulumi.Input<string>>>;
}

type Values = Readonly<Record<string, unknown>>;

/**
 * The settings of a broker, by the rules of a stack file.
 *
 * @param name of the broker
 * @throws pulumi.RunError with every problem; the engine prints it without a stack trace
 */
export function brokerSettings(name: string, { isRecordSecret: _, ...args }: MqttBrokerArgs): BrokerSettings {
  const written = Object.entries(args).filter(([, value]) => value !== undefined);
  const values = withDefaults(Object.fromEntries(written));
  const reading = {
    name: `${pulumi.getProject()}-${pulumi.getStack()}-${name}`,
    folder: process.cwd(),
    of: `the broker "${name}"`,
  };
  const later = secretKeys.filter((key) => isLater(values[key]));
  return later.length === 0 ? usable(() => readValues(values, reading)) : withoutKeys(values, reading, later);
}

/** What is no text is an output or a promise of one. */
function isLater(value: unknown): boolean {
  return typeof value === 'object' && value !== null;
}

/** Everything is checked at once but these secrets, each as soon as it is there. */
function withoutKeys(values: Values, reading: Reading, later: readonly string[]): BrokerSettings {
  const none = Object.fromEntries(later.map((key) => [key, '']));
  const settings = usable(() => readValuesAlone({ ...values, ...none }, reading, new Set(later)));
  const keys = pulumi.secret(pulumi.output(Object.fromEntries(later.map((key) => [key, values[key]]))));
  const whole = keys.apply((known) => certificatesIn({ ...values, ...known }, reading));
  const withKey = (
    certificate: CheckedCertificate | null,
    pair: (of: CertificateSettings) => { privateKey: string } | null,
  ) => certificate && { ...certificate, privateKey: whole.apply((of) => pair(of)?.privateKey ?? '') };
  const { givenAuthority, givenServer, ...certificates } = settings.certificates;
  const alertSecret = (key: keyof AlertSecrets) =>
    later.includes(key) ? keys.apply((known) => String(known[key])) : settings.alertSecrets[key];
  return {
    ...settings,
    alertSecrets: Object.fromEntries(
      alertSecretKeys.map((key) => [key, alertSecret(key)]),
    ) as BrokerSettings['alertSecrets'],
    certificates: {
      ...certificates,
      givenAuthority: withKey(givenAuthority, (of) => of.givenAuthority),
      givenServer: withKey(givenServer, (of) => of.givenServer),
    },
  };
}

/** What waits for a key that cannot be used waits for ever: the error is all that the engine is to say. */
async function certificatesIn(values: Values, reading: Reading): Promise<CertificateSettings> {
  try {
    return usable(() => readValues(values, reading)).certificates;
  } catch (error) {
    setImmediate(() => {
      throw error;
    });
    return new Promise(() => {});
  }
}

function usable<T>(read: () => T): T {
  try {
    return read();
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}
