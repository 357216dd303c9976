/** What a shell needs to run plain `pulumi` as the npm scripts do. */

import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { docker } from './docker';
import { home, projectFolder } from './home';
import { pulumi } from './pulumi';

/** Prints `export NAME='value'` lines for `eval "$(npm run -s env)"`. */
export async function exports(): Promise<number> {
  const { environment } = await pulumi();
  const { host } = await docker({});
  const path = [front(), environment.PATH ?? process.env.PATH].join(delimiter);
  for (const [name, value] of Object.entries({ ...environment, DOCKER_HOST: host, PATH: path })) {
    process.stdout.write(`export ${name}='${value.replaceAll("'", `'\\''`)}'\n`);
  }
  return 0;
}

/** A `pulumi` that hands the engine the copy of the stack file, so that the engine writes nothing into the repository. */
function front(): string {
  const folder = join(home(), 'bin');
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'pulumi');
  writeFileSync(file, `#!/bin/sh\nexec node '${join(projectFolder, 'setup', 'start.mjs')}' pulumi "$@"\n`);
  chmodSync(file, 0o755);
  return folder;
}
