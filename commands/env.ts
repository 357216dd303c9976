/** What a shell needs to run plain `pulumi` as the npm scripts do. */

import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { remoteMachine } from '../operate/docker';
import { environmentOf } from '../operate/dockerAddress';
import { quote } from '../operate/shellWord';
import { docker } from '../setup/docker';
import { home, projectFolder } from '../setup/home';
import { withoutProxy } from '../setup/proxies';
import { pulumi } from '../setup/pulumi';
import { frontScript, shellLines } from './front';

/** Prints lines for `eval "$(npm run -s env)"`. */
export async function environment(): Promise<number> {
  const { bin, environment: added } = await pulumi();
  const { PATH: needed, ...rest } = added;
  const { address } = await docker({});
  const proxies = withoutProxy(process.env, remoteMachine(address.host));
  const lines = shellLines({ ...rest, ...proxies, ...environmentOf(address) }, process.env);
  const present = process.env.PATH ?? '';
  const path = inShell(front(bin) + delimiter + (needed ?? present), present);
  process.stdout.write([...lines, `export PATH=${path}`, ''].join('\n'));
  return 0;
}

/** A path in words of a shell, by its own PATH where that is the end of it. */
function inShell(path: string, present: string): string {
  return path.endsWith(present) ? `${quote(path.slice(0, path.length - present.length))}"$PATH"` : quote(path);
}

/**
 * A `pulumi` that hands the engine the copy of the stack file, so that the engine writes nothing into the repository.
 *
 * @returns its folder; each clone has one of its own
 */
function front(bin: string): string {
  const clone = createHash('sha256').update(projectFolder).digest('hex').slice(0, 12);
  const folder = join(home(), 'bin', clone);
  mkdirSync(folder, { recursive: true });
  const file = join(folder, 'pulumi');
  const unfinished = `${file}.${process.pid}`;
  writeFileSync(unfinished, frontScript({ project: projectFolder, home: home(), bin }));
  chmodSync(unfinished, 0o755);
  renameSync(unfinished, file);
  return folder;
}
