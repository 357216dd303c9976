import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { alone } from '../processes';
import { during, say } from '../progress';
import { go, goModSays, goModule, goProxies } from './go';
import { engineVersion } from './versions';

const engineModule = 'github.com/pulumi/pulumi/pkg/v3';

const sources = {
  pulumi: `${engineModule}/cmd/pulumi`,
  'pulumi-language-nodejs': './pulumi-language-nodejs',
  'pulumi-resource': './pulumi-resource',
};

// no_compose leaves out a resource of the docker provider that Pulumi does not have.
const packageFlags = ['-mod=readonly', '-tags=no_compose'];

// Without optimisation the build takes two thirds of the time. The standard library, where the programs spend most of
// theirs, is optimised all the same.
const compilerFlags = ['-buildvcs=false', '-gcflags=all=-N -l', '-gcflags=std='];
const linkerFlags = `-s -w -X github.com/pulumi/pulumi/sdk/v3/go/common/version.Version=v${engineVersion}`;

/** What the toolchain makes: the CLI, the language host for Node, and all resource plug-ins in one. */
export type Program = keyof typeof sources;

/** The folder for the programs of the present sources and versions. Others have another one, so that nothing is old. */
export function programFolder(home: string): string {
  const hash = createHash('sha256').update([packageFlags, compilerFlags, linkerFlags].join());
  for (const file of readdirSync(goModule, {
    recursive: true,
    withFileTypes: true,
  })) {
    if (!file.isFile()) continue;
    const path = join(file.parentPath, file.name);
    hash.update(`\0${path.slice(goModule.length)}\0`).update(readFileSync(path));
  }
  return join(home, 'toolchain', hash.digest('hex').slice(0, 12));
}

/**
 * Builds what is not there yet of the programs, and returns their folder.
 *
 * @param reason is said before anything is built
 * @throws GoMissing; else what Go complained about
 */
export async function build(home: string, programs: readonly Program[], reason?: string): Promise<string> {
  const folder = programFolder(home);
  const missing = () => programs.filter((program) => !existsSync(join(folder, program)));
  if (missing().length > 0) goProxies();
  if (reason !== undefined) say(reason);
  if (missing().length === 0) return folder;
  const wrapped = goModSays(engineModule);
  if (wrapped !== `v${engineVersion}`) {
    throw new Error(
      `setup/toolchain/pulumi/go.mod has ${wrapped} of the engine, package.json ${engineVersion}: make them equal`,
    );
  }
  mkdirSync(folder, { recursive: true });
  await alone(join(home, 'toolchain', 'lock'), async () => {
    const rest = missing();
    if (rest.length === 0) return;
    await during(`Building ${rest.join(', ')} from Go modules (the first time takes minutes)`, (detail) =>
      compile(folder, rest, detail),
    );
  });
  return folder;
}

async function compile(folder: string, programs: readonly Program[], detail: (text: string) => void): Promise<void> {
  const packages = programs.map((program) => sources[program]);

  let fetched = 0;
  let total = 0;
  await go(['list', ...packageFlags, '-deps', ...packages], (line) => {
    if (line.startsWith('go: ')) detail(`${++fetched} modules fetched`);
    else total += 1;
  });

  // A program gets its name when it is complete.
  const unfinished = join(folder, 'unfinished');
  rmSync(unfinished, { recursive: true, force: true });
  mkdirSync(unfinished);
  let compiled = 0;
  const flags = [...packageFlags, ...compilerFlags, `-ldflags=${linkerFlags}`, '-v', '-o', unfinished];
  await go(['build', ...flags, ...packages], () => detail(`${++compiled} of at most ${total} packages compiled`));
  for (const program of programs) renameSync(join(unfinished, program), join(folder, program));
  rmSync(unfinished, { recursive: true });
}
