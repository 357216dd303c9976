import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import * as pulumi from '@pulumi/pulumi';
import { readSettings, type Settings, SettingsError } from '../settings';
import { misreadFacts } from '../settings/engineReading';
import { keyProblem, readStackFile } from '../settings/stackFile';

/**
 * The settings of the running stack.
 *
 * The engine has read the stack file by itself, where no set-up has written it anew. So it is read once more: what readers
 * could take differently, and keys that nobody reads, are refused here, too.
 *
 * @throws pulumi.RunError with every problem; the engine prints it without a stack trace
 */
export function stackSettings(): Settings {
  try {
    return read(pulumi.getProject(), pulumi.getStack(), pulumi.runtime.allConfig());
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}

function read(project: string, stack: string, handed: Record<string, string>): Settings {
  const name = `Pulumi.${stack}.yaml`;
  const path = join(dirname(__dirname), name);
  const written = existsSync(path) ? readStackFile(readFileSync(path), name, project).written : [];
  const devices = `${project}:devices`;
  const problems = [
    ...Object.keys(handed).flatMap((key) => keyProblem(key, project)),
    ...misreadFacts(handed[devices], written, name, devices),
  ];
  if (problems.length > 0) throw new SettingsError(problems);
  return readSettings(project, stack, handed);
}
