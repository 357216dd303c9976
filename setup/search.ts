/** The search for an engine, its language host and its plug-ins: what the user has, Pulumi's server, the toolchain. */

import { existsSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ask, take } from './download';
import type { Origin, Running } from './engineWords';
import { type Lack, lackWords } from './lack';
import {
  languageHost,
  languageHostFile,
  link,
  ownLanguageHosts,
  ownPlugin,
  type Plugin,
  pluginFile,
  removeLanguageHost,
  removeStandIns,
} from './plugins';
import { isLauncher, isRecent, oldest, onPath, versionOf } from './programs';
import { during, say } from './progress';
import type { PulumiHomes } from './pulumiHome';
import { build, type Program } from './toolchain/build';
import { install } from './toolchain/install';
import { engineVersion, plugins } from './toolchain/versions';

type Cli = Running['cli'];

/** Where things are looked for. */
export interface Places {
  /** AIPI_HOME, absolute. */
  home: string;
  homes: PulumiHomes;
  /** Address of Pulumi's server. */
  server: string;
}

/** What a search found. */
export interface Finding extends Running {
  /** The home of Pulumi that the engine works with. */
  pulumiHome: string;
  /** Files that must still be there when the finding is used. */
  files: string[];
  /** Whether Pulumi's server did not give what the stand-ins are used for. */
  refused: boolean;
}

/**
 * Finds each piece on its own, and gets what is missing.
 *
 * @param quiet whether a refusal of Pulumi's server is known already
 * @throws one sentence with the remedy, where the toolchain is needed and cannot build
 */
export async function search(places: Places, quiet: boolean): Promise<Finding> {
  removeStandIns(places.homes);
  let cli = (await ownCli(places)) ?? downloadedCli(places);
  let refusal: string | undefined;
  if (cli === undefined || hostOrigin(cli, places) === 'toolchain') {
    refusal = await downloadCli(places);
    cli = downloadedCli(places) ?? cli;
  }
  // The server that does not give the engine does not give plug-ins either.
  refusal ??= await downloadPlugins(lackingPlugins(places), places);

  const lack: Lack = {
    engine: cli?.bin,
    languageHost: cli === undefined || hostOrigin(cli, places) === 'toolchain',
    plugins: lackingPlugins(places),
  };
  const folder = await built(places, lack, refusal, quiet);
  const engine = cli ?? { bin: join(folder, 'pulumi'), version: engineVersion, origin: 'toolchain' };
  const pulumiHome = arrange(places, engine, lack, folder);
  const used = plugins.filter((plugin) => pluginOrigin(plugin, places) !== 'path');
  return {
    cli: engine,
    languageHost: hostOrigin(engine, places),
    plugins: Object.fromEntries(plugins.map((plugin) => [plugin[0], pluginOrigin(plugin, places)])),
    pulumiHome,
    files: [engine.bin, ...used.map((plugin) => pluginFile(plugin, pulumiHome))],
    refused: refusal !== undefined,
  };
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

/** An engine that Pulumi's npm package, its Automation API or an earlier run has downloaded. */
function downloadedCli({ homes }: Places): Cli | undefined {
  const bin = [homes.own, homes.mixed].map(downloadedBin).find((file) => existsSync(file));
  return bin === undefined ? undefined : { bin, version: engineVersion, origin: 'download' };
}

function downloadedBin(pulumiHome: string): string {
  return join(pulumiHome, 'versions', engineVersion, 'bin', 'pulumi');
}

/** @returns why not, in words */
async function downloadCli({ homes, server }: Places): Promise<string | undefined> {
  const url = `${server}/sdk/pulumi-v${engineVersion}-${process.platform}-${process.arch}.tar.gz`;
  return trouble(async () => {
    const offer = await ask(url);
    await during(`Downloading Pulumi ${engineVersion}`, (detail) =>
      take(offer, dirname(downloadedBin(homes.mixed)), 1, detail),
    );
  });
}

/**
 * Downloads plug-ins to where the engine would download them.
 *
 * @returns why not all of them, in words
 */
async function downloadPlugins(lacking: readonly Plugin[], { homes, server }: Places): Promise<string | undefined> {
  const architecture = process.arch === 'x64' ? 'amd64' : process.arch;
  const troubles = await Promise.all(
    lacking.map(([name, version]) =>
      trouble(async () => {
        const url = `${server}/plugins/pulumi-resource-${name}-v${version}-${process.platform}-${architecture}.tar.gz`;
        const offer = await ask(url);
        await during(`Downloading the plug-in ${name} ${version}`, (detail) =>
          take(offer, dirname(pluginFile([name, version], homes.own)), 0, detail),
        );
      }),
    ),
  );
  return troubles.find((text) => text !== undefined);
}

async function trouble(work: () => Promise<void>): Promise<string | undefined> {
  try {
    await work();
    return undefined;
  } catch (error) {
    return (error as Error).message;
  }
}

/** Builds what is lacking, saying why, and returns the folder of it. */
async function built({ home }: Places, lack: Lack, refusal: string | undefined, quiet: boolean): Promise<string> {
  const programs: Program[] = [
    ...(lack.engine === undefined ? (['pulumi'] as const) : []),
    ...(lack.languageHost ? ([languageHost] as const) : []),
    ...(lack.plugins.length > 0 ? (['pulumi-resource'] as const) : []),
  ];
  try {
    return await build(home, programs, quiet ? undefined : refusal);
  } catch (error) {
    throw new Error(lackWords(lack, refusal ?? '', error as Error));
  }
}

/**
 * Puts stand-ins into the home that is for them, with links to the user's own plug-ins beside them.
 *
 * @returns the home for the engine: the user's own where that has everything
 */
function arrange({ homes }: Places, cli: Cli, lack: Lack, folder: string): string {
  const hasStandInHost = lack.languageHost && cli.origin !== 'toolchain';
  const own = plugins.map((plugin) => ownPlugin(plugin, homes)).filter((file) => file !== undefined);
  const hosts = ownLanguageHosts(homes);
  const isWhole = [...own, ...hosts].every((file) => dirname(dirname(dirname(file))) === homes.own);
  if (isWhole && !hasStandInHost && lack.plugins.length === 0) return homes.own;
  if (hasStandInHost) install(join(folder, languageHost), languageHostFile(homes.mixed));
  else removeLanguageHost(homes.mixed);
  for (const plugin of lack.plugins) install(join(folder, 'pulumi-resource'), pluginFile(plugin, homes.mixed));
  for (const file of [...own, ...hosts]) link(file, homes.mixed);
  return homes.mixed;
}

function lackingPlugins(places: Places): Plugin[] {
  return plugins.filter((plugin) => pluginOrigin(plugin, places) === 'toolchain');
}

function pluginOrigin(plugin: Plugin, { home, homes }: Places): Origin {
  if (onPath(`pulumi-resource-${plugin[0]}`, home) !== undefined) return 'path';
  return ownPlugin(plugin, homes) === undefined ? 'toolchain' : 'own';
}

/** An engine looks for its language hosts on PATH, beside itself, then among the plug-ins. */
function hostOrigin({ bin, origin }: Cli, { home, homes }: Places): Origin {
  if (onPath(languageHost, home) !== undefined) return 'path';
  const isBeside = existsSync(join(dirname(realpathSync(bin)), languageHost)) || isLauncher(bin);
  return origin !== 'toolchain' && (isBeside || ownLanguageHosts(homes).length > 0) ? 'own' : 'toolchain';
}
