/** Keys of the configuration that hold secrets, which may come later than everything else, or not at all to who looks on. */

import { privateKeys } from './certificates';
import type { Config } from './schema';

/** What alerts are sent by. */
export const alertSecretKeys = ['alertEmailPassword', 'alertWebhookUrl'] as const satisfies ReadonlyArray<keyof Config>;
export type AlertSecrets = Record<(typeof alertSecretKeys)[number], string>;

/** Those of a configuration. */
export function alertSecretsIn({ alertEmailPassword, alertWebhookUrl }: AlertSecrets): AlertSecrets {
  return { alertEmailPassword, alertWebhookUrl };
}

export const secretKeys: readonly string[] = [...privateKeys, ...alertSecretKeys];
