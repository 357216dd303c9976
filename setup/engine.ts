import { existsSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join, sep } from 'node:path';
import { engineWords } from './engineWords';
import { languageHost, ownLanguageHosts, ownPlugin } from './plugins';
import { onPath } from './programs';
import { homeEnvironment, pulumiHomes } from './pulumiHome';
import { type Finding, type Places, search } from './search';
import { programFolder } from './toolchain/build';
import { engineVersion, plugins } from './toolchain/versions';

const server = 'https://get.pulumi.com/releases';

/** After this a server that refused is asked again, so that no stand-in outlives its reason by more. */
const askAgainHours = 24;

/** The Pulumi engine that runs the program. */
export interface Engine {
  /** Absolute path of `pulumi`. */
  bin: string;
  version: string;
  /** What each command needs in its environment beside what is there. */
  env: Record<string, string>;
  /** Where the engine keeps its logins. */
  logins: string;
  /** Which engine and plug-ins run, in one line for people. */
  words: string;
}

/** What a search found, when and under which circumstances. */
interface Memory {
  circumstances: string;
  time: number;
  finding: Finding;
}

/**
 * Finds the engine, its language host for Node and the plug-ins of package.json, and gets what is missing, each piece
 * on its own: what the user has counts first, then Pulumi's server, then the toolchain. Its stand-ins are used only as
 * long as nothing else can be had.
 *
 * @param home AIPI_HOME, absolute
 * @throws one sentence with the remedy, where the toolchain is needed and cannot build
 */
export async function engine(home: string): Promise<Engine> {
  const places = { home, homes: pulumiHomes(home, process.env), server };
  return engineOf(await find(places, Date.now()), places);
}

/** What a finding means to those who start the engine. */
export function engineOf(finding: Finding, places: Places): Engine {
  const { bin, version } = finding.cli;
  const { logins } = places.homes;
  return { bin, version, env: environment(finding, places), logins, words: engineWords(finding) };
}

/** What an earlier run found, unless something has changed or the server that refused it is to be asked again. */
export async function find(places: Places, now: number): Promise<Finding> {
  const file = join(places.home, 'engine.json');
  const memory = recall(file);
  if (memory !== undefined && memory.circumstances === circumstances(places) && isValid(memory, now)) {
    return memory.finding;
  }
  const finding = await search(places, memory?.finding.refused === true);
  keep(file, { circumstances: circumstances(places), time: now, finding });
  return finding;
}

/** All that decides what is used, but for what a server has. It is read at each start, so it starts no process. */
function circumstances({ home, homes }: Places): string {
  const programs = ['pulumi', languageHost, ...plugins.map(([name]) => `pulumi-resource-${name}`)];
  const files = programs.map((program) => onPath(program, home)).filter((file) => file !== undefined);
  const own = [...plugins.map((plugin) => ownPlugin(plugin, homes) ?? ''), ...ownLanguageHosts(homes)];
  const times = files.map((path) => [path, statSync(path).mtimeMs]);
  return JSON.stringify([times, own, homes.own, homes.mixed, engineVersion, plugins, programFolder(home)]);
}

function recall(file: string): Memory | undefined {
  try {
    const memory = JSON.parse(readFileSync(file, 'utf8')) as Memory;
    // An earlier version remembered other things.
    return memory.finding === undefined ? undefined : memory;
  } catch {
    return undefined;
  }
}

function isValid({ time, finding: { files, refused } }: Memory, now: number): boolean {
  const hours = Math.abs(now - time) / 3_600_000;
  return (!refused || hours < askAgainHours) && files.every((file) => existsSync(file));
}

function keep(file: string, memory: Memory): void {
  const unfinished = `${file}.${process.pid}`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(unfinished, JSON.stringify(memory));
  renameSync(unfinished, file);
}

function environment({ cli, plugins: used, pulumiHome }: Finding, { home, homes }: Places): Record<string, string> {
  const path = process.env.PATH ?? '';
  // What an earlier run put on PATH may be a stand-in.
  const others = path.split(delimiter).filter((folder) => !folder.startsWith(home + sep));
  const needed = [...(cli.origin === 'path' ? [] : [dirname(cli.bin)]), ...others].join(delimiter);
  return {
    ...(needed !== path && { PATH: needed }),
    ...homeEnvironment(homes, pulumiHome, process.env),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    ...(Object.values(used).includes('toolchain') && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true' }),
  };
}
