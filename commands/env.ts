/** What a shell needs to run plain `pulumi` as the npm scripts do. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { docker } from '../setup/docker';
import { home, projectFolder } from '../setup/home';
import { pulumi } from '../setup/pulumi';

/** Prints `export NAME=value` lines for `eval "$(npm run -s env)"`. */
export async function environment(): Promise<number> {
  const { environment: added } = await pulumi();
  const { PATH: needed, ...rest } = added;
  const { host } = await docker({});
  for (const [name, value] of Object.entries({ ...rest, DOCKER_HOST: host })) {
    process.stdout.write(`export ${name}=${quote(value)}\n`);
  }
  const present = process.env.PATH ?? '';
  process.stdout.write(`export PATH=${inShell(front() + delimiter + (needed ?? present), present)}\n`);
  return 0;
}

/** A path in words of a shell, by its own PATH where that is the end of it. */
function inShell(path: string, present: string): string {
  return path.endsWith(present) ? `${quote(path.slice(0, path.length - present.length))}"$PATH"` : quote(path);
}

/** A `pulumi` that hands the engine the copy of the stack file, so that the engine writes nothing into the repository. */
function front(): string {
  const folder = join(home(), 'bin');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'pulumi');
  writeFileSync(file, `#!/bin/sh\nexec node ${quote(join(projectFolder, 'commands', 'start.mjs'))} pulumi "$@"\n`);
  chmodSync(file, 0o755);
  return folder;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}
