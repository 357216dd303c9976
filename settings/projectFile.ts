/** The file Pulumi.yaml: what a key has where no stack file sets it. */

import { readDocument } from './document';
import { SettingsError } from './index';

export interface ProjectDefaults {
  /** Name of the project. */
  project: string;
  /** Key, with its namespace, to value. */
  defaults: Record<string, unknown>;
}

/** Keys of a declaration. Source: `ProjectConfigType` in sdk/go/common/workspace/project.go of pulumi/pulumi. */
interface Declaration {
  default?: unknown;
  value?: unknown;
}

/**
 * Reads the defaults as the engine does: a declaration has a `default` or a `value`, and whatever is no declaration is
 * itself the value.
 *
 * @throws SettingsError with every problem, each with file and line
 */
export function projectDefaults(bytes: Buffer): ProjectDefaults {
  const { value, problems } = readDocument(bytes, 'Pulumi.yaml', { isText: () => false, isShown: () => true });
  if (problems.length > 0) throw new SettingsError(problems);
  const { name, config } = (value ?? {}) as { name?: unknown; config?: Record<string, unknown> };
  if (typeof name !== 'string') throw new SettingsError(['Pulumi.yaml: has no name; write "name: " and the project']);
  const entries = Object.entries(config ?? {}).flatMap(([key, declared]): [string, unknown][] => {
    const isDeclaration = typeof declared === 'object' && declared !== null && !Array.isArray(declared);
    const given = isDeclaration ? ((declared as Declaration).default ?? (declared as Declaration).value) : declared;
    return given === undefined ? [] : [[key.includes(':') ? key : `${name}:${key}`, given]];
  });
  return { project: name, defaults: Object.fromEntries(entries) };
}
