import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { SettingsError, valuesOf } from '../settings';
import { misreadFacts } from '../settings/engineReading';
import { sizeProblems } from '../settings/fleet';
import { secretKeys } from '../settings/secrets';
import { keyProblem, readStackFile } from '../settings/stackFile';
import type { MqttBrokerArgs } from './mqttBrokerArgs';

/**
 * The arguments that the running stack's configuration makes.
 *
 * The engine has read the stack file by itself, where no set-up has written it anew. So it is read once more: what readers
 * could take differently, and keys that nobody reads, are refused here, too.
 *
 * @throws pulumi.RunError with every problem of that kind; the engine prints it without a stack trace
 */
export function stackArgs(): MqttBrokerArgs {
  const [project, stack, handed] = [pulumi.getProject(), pulumi.getStack(), pulumi.runtime.allConfig()];
  mustBeRead(project, stack, handed);
  const values = valuesOf(project, handed);
  const containerName = values.containerName === '' ? `${project}-${stack}` : values.containerName;
  // Nothing of these secrets is recorded.
  const isRecordSecret = encryptedKeys().some((key) => !secretKeys.some((name) => key === `${project}:${name}`));
  return { ...values, ...(containerName !== undefined && { containerName }), isRecordSecret } as MqttBrokerArgs;
}

function mustBeRead(project: string, stack: string, handed: Record<string, string>): void {
  try {
    const problems = problemsOf(project, stack, handed);
    if (problems.length > 0) throw new SettingsError(problems);
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

function problemsOf(project: string, stack: string, handed: Record<string, string>): string[] {
  const name = `Pulumi.${stack}.yaml`;
  const path = join(dirname(__dirname), name);
  const written = existsSync(path) ? readStackFile(readFileSync(path), name, project).written : [];
  const devices = `${project}:devices`;
  return [
    ...Object.keys(handed).flatMap((key) => keyProblem(key, project)),
    ...misreadFacts(handed[devices], written, name, devices),
    ...sizeProblems(handed[devices] ?? ''),
  ];
}

/** Keys of the configuration that are encrypted in the stack file, as the language host names them. */
function encryptedKeys(): string[] {
  return JSON.parse(process.env.PULUMI_CONFIG_SECRET_KEYS ?? '[]') as string[];
}
