import { existsSync, mkdirSync, readFileSync, realpathSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join, sep } from 'node:path';
import { build, type Program, programFolder } from '../toolchain/build';
import { install, isCurrent, isOurs } from '../toolchain/install';
import { engineVersion, plugins } from '../toolchain/versions';
import { download } from './download';
import { isLauncher, isRecent, oldest, onPath, versionOf } from './programs';
import { during, say } from './progress';

const languageHost = 'pulumi-language-nodejs';
const server = 'https://get.pulumi.com/releases';

/** The Pulumi engine that runs the program. */
export interface Engine {
  /** Absolute path of `pulumi`. */
  bin: string;
  /** What each command needs in its environment beside what is there. */
  env: Record<string, string>;
  origin: 'path' | 'download' | 'toolchain';
  version: string;
}

type Cli = Omit<Engine, 'env'>;
type Plugin = (typeof plugins)[number];

/** What an earlier run found, the circumstances it found it in, and the files that must still be there. */
interface Finding {
  circumstances: string;
  files: string[];
  cli: Cli;
  offline: boolean;
}

/** Where things are looked for. */
interface Places {
  home: string;
  pulumiHome: string;
}

/**
 * Finds the engine, its language host for Node and the plug-ins of package.json, and gets what is missing, each piece
 * on its own: what the user has counts first, then Pulumi's server, then the toolchain.
 *
 * `PULUMI_HOME` is the user's own where it is set or somebody is logged in, else a folder of `home`.
 *
 * @param home AIPI_HOME, absolute
 * @throws one sentence with the remedy, where the toolchain is needed and cannot build
 */
export async function engine(home: string): Promise<Engine> {
  const places = { home, pulumiHome: pulumiHome(home) };
  const memory = join(home, 'engine.json');
  const circumstances = describe(places);
  let finding = recall(memory, circumstances);
  if (finding === undefined) {
    finding = { circumstances, ...(await find(places)) };
    keep(memory, finding);
  }
  return { ...finding.cli, env: environment(finding, places) };
}

function pulumiHome(home: string): string {
  const usual = join(homedir(), '.pulumi');
  if (process.env.PULUMI_HOME) return process.env.PULUMI_HOME;
  return existsSync(join(usual, 'credentials.json')) ? usual : join(home, 'pulumi');
}

/** All that decides which engine is used; it is read at each start, so it starts no process. */
function describe({ home, pulumiHome }: Places): string {
  const own = onPath('pulumi', home);
  const state = own === undefined ? [] : [own, statSync(own).mtimeMs];
  return JSON.stringify([state, pulumiHome, engineVersion, plugins, programFolder(home)]);
}

function recall(memory: string, circumstances: string): Finding | undefined {
  try {
    const finding = JSON.parse(readFileSync(memory, 'utf8')) as Finding;
    return finding.circumstances === circumstances && finding.files.every((file) => existsSync(file))
      ? finding
      : undefined;
  } catch {
    return undefined;
  }
}

function keep(memory: string, finding: Finding): void {
  const unfinished = `${memory}.${process.pid}`;
  mkdirSync(dirname(memory), { recursive: true });
  writeFileSync(unfinished, JSON.stringify(finding));
  renameSync(unfinished, memory);
}

function environment({ cli, offline }: Finding, { home, pulumiHome }: Places): Record<string, string> {
  const path = process.env.PATH ?? '';
  const folder = dirname(cli.bin);
  return {
    ...(cli.origin !== 'path' &&
      path.split(delimiter)[0] !== folder && {
        PATH: folder + delimiter + path,
      }),
    ...(pulumiHome.startsWith(home + sep) && { PULUMI_HOME: pulumiHome }),
    PULUMI_SKIP_UPDATE_CHECK: 'true',
    ...(offline && { PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION: 'true' }),
  };
}

async function find(places: Places): Promise<Omit<Finding, 'circumstances'>> {
  const found = (await ownCli(places)) ?? earlierCli(places) ?? (await downloadedCli(places));
  let lacking = plugins.filter((plugin) => !isReady(plugin, places));
  if (found !== undefined && found.origin !== 'toolchain') lacking = await downloadedPlugins(lacking, places);

  const programs: Program[] = [];
  if (found === undefined) programs.push('pulumi', languageHost);
  else if (!hasLanguageHost(found, places)) programs.push(languageHost);
  if (lacking.length > 0) programs.push('pulumi-resource');
  const folder = await build(places.home, programs);
  if (found !== undefined && programs.includes(languageHost)) {
    install(join(folder, languageHost), languageHostFile(places));
  }
  for (const plugin of lacking) install(join(folder, 'pulumi-resource'), pluginFile(plugin, places));

  const cli = found ?? builtCli(places);
  const cached = plugins.map((plugin) => pluginFile(plugin, places)).filter((file) => existsSync(file));
  return { cli, files: [cli.bin, ...cached], offline: cached.some(isOurs) };
}

/** The user's own engine, if it is new enough. */
async function ownCli({ home }: Places): Promise<Cli | undefined> {
  const bin = onPath('pulumi', home);
  if (bin === undefined) return undefined;
  const version = await versionOf(bin);
  if (version !== undefined && isRecent(version)) return { bin, version, origin: 'path' };
  say(`${bin} is ${version === undefined ? 'not working' : `of version ${version}`}; ${oldest} or newer is needed`);
  return undefined;
}

/** An engine that an earlier run got. */
function earlierCli(places: Places): Cli | undefined {
  const downloaded: Cli = {
    bin: downloadedBin(places),
    version: engineVersion,
    origin: 'download',
  };
  return [downloaded, builtCli(places)].find((cli) => existsSync(cli.bin));
}

async function downloadedCli(places: Places): Promise<Cli | undefined> {
  const bin = downloadedBin(places);
  const url = `${server}/sdk/pulumi-v${engineVersion}-${process.platform}-${process.arch}.tar.gz`;
  const refusal = await trouble(
    during(`Downloading Pulumi ${engineVersion}`, (detail) => download(url, dirname(bin), 1, detail)),
  );
  if (refusal === undefined) return { bin, version: engineVersion, origin: 'download' };
  say(refusal);
  return undefined;
}

function builtCli({ home }: Places): Cli {
  return {
    bin: join(programFolder(home), 'pulumi'),
    version: engineVersion,
    origin: 'toolchain',
  };
}

/** Where Pulumi's npm package and its Automation API keep an engine, too. */
function downloadedBin({ pulumiHome }: Places): string {
  return join(pulumiHome, 'versions', engineVersion, 'bin', 'pulumi');
}

/** Downloads plug-ins, and returns those that could not be had. */
async function downloadedPlugins(lacking: Plugin[], places: Places): Promise<Plugin[]> {
  if (lacking.length === 0) return [];
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const names = lacking.map(([name, version]) => `${name} ${version}`).join(', ');
  const troubles = await during(`Downloading the plug-ins ${names}`, (detail) =>
    Promise.all(
      lacking.map(([name, version]) => {
        const folder = dirname(pluginFile([name, version], places));
        const url = `${server}/plugins/pulumi-resource-${name}-v${version}-${process.platform}-${architecture}.tar.gz`;
        return trouble(download(url, folder, 0, (text) => detail(`${name}: ${text}`)));
      }),
    ),
  );
  const first = troubles.find((text) => text !== undefined);
  if (first !== undefined) say(first);
  return lacking.filter((_, index) => troubles[index] !== undefined);
}

async function trouble(work: Promise<void>): Promise<string | undefined> {
  try {
    await work;
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

function isReady(plugin: Plugin, places: Places): boolean {
  const file = pluginFile(plugin, places);
  const complete = existsSync(file) && !existsSync(`${dirname(file)}.partial`);
  return (
    onPath(`pulumi-resource-${plugin[0]}`, places.home) !== undefined || (complete && isCurrent(file, places.home))
  );
}

function pluginFile([name, version]: Plugin, { pulumiHome }: Places): string {
  return join(pulumiHome, 'plugins', `resource-${name}-v${version}`, `pulumi-resource-${name}`);
}

/** An engine looks for its language hosts on PATH, beside itself, then among the plug-ins. */
function hasLanguageHost({ bin }: Cli, places: Places): boolean {
  const beside = join(dirname(realpathSync(bin)), languageHost);
  return (
    onPath(languageHost, places.home) !== undefined ||
    [beside, languageHostFile(places)].some((file) => existsSync(file)) ||
    isLauncher(bin)
  );
}

function languageHostFile({ pulumiHome }: Places): string {
  return join(pulumiHome, 'plugins', `language-nodejs-v${engineVersion}`, languageHost);
}
