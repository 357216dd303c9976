/** The defaults of Pulumi.yaml for whoever is no stack of this project, where the engine fills nothing in. */

import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { schema } from './schema';

/** The values with those that are missing. */
export function withDefaults(values: Readonly<Record<string, unknown>>): Readonly<Record<string, unknown>> {
  const isWhole = Object.keys(schema.shape).every((key) => key in values);
  return isWhole ? values : { ...defaults(), ...values };
}

function defaults(): Record<string, unknown> {
  // Reading YAML takes longer to load than most programs need it for.
  const { projectDefaults } = require('./projectFile') as typeof import('./projectFile');
  const { project, defaults: all } = projectDefaults(readFileSync(join(dirname(__dirname), 'Pulumi.yaml')));
  return Object.fromEntries(Object.entries(all).map(([key, value]) => [key.slice(project.length + 1), value]));
}
