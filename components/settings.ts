import * as pulumi from '@pulumi/pulumi';
import { readSettings, type Settings, SettingsError } from '../settings';

/**
 * The settings of the running stack.
 *
 * @throws pulumi.RunError with every problem; the engine prints it without a stack trace
 */
export function stackSettings(): Settings {
  try {
    return readSettings(pulumi.getProject(), pulumi.getStack(), pulumi.runtime.allConfig());
  } catch (error) {
    throw error instanceof SettingsError ? new pulumi.RunError(error.message) : error;
  }
}
