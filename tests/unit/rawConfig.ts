/** A stack's configuration as the engine hands it to the program: the defaults of Pulumi.yaml, then a stack's values. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { readSettings, type Settings, SettingsError } from '../../settings';

interface ProjectFile {
  name: string;
  config: Record<string, { default: unknown }>;
}

const projectFile: ProjectFile = parse(readFileSync(join(__dirname, '../../Pulumi.yaml'), 'utf8'));

export const project = projectFile.name;

/** Key to value, without the project's name. */
export type Config = Record<string, unknown>;

/** The defaults of Pulumi.yaml. */
export function defaults(): Config {
  return Object.fromEntries(Object.entries(projectFile.config).map(([key, { default: value }]) => [key, value]));
}

/** Networks for listeners that others reach, in stacks of tests that ask for something else. */
const firewall = ['10.0.0.0/8'];

/** Texts travel as they are, everything else as JSON. */
export function rawConfig(overrides: Config = {}): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...defaults(), firewall, ...overrides }).map(([key, value]) => [
      `${project}:${key}`,
      typeof value === 'string' ? value : JSON.stringify(value),
    ]),
  );
}

/** @param folder in the place of the project's own */
export function settingsOf(overrides: Config = {}, stack = 'dev', folder?: string): Settings {
  return readSettings(project, stack, rawConfig(overrides), folder);
}

/** Every problem of a configuration; none when it is accepted. */
export function problemsOf(overrides: Config, folder?: string): readonly string[] {
  try {
    settingsOf(overrides, 'dev', folder);
    return [];
  } catch (error) {
    if (error instanceof SettingsError) return error.problems;
    throw error;
  }
}

/** One account with the given topics. */
export function accountWith(...topics: string[]): Config {
  return { accounts: [{ username: 'pi', topics }] };
}

/** One listener, 1883 on this machine, with some fields replaced. */
export function listenerWith(fields: Config): Config {
  return { listeners: [{ port: 1883, protocol: 'mqtt', bindAddress: '127.0.0.1', ...fields }] };
}
