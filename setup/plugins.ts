/** The plug-ins of the engine, and whose they are. */

import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { PulumiHomes } from './pulumiHome';
import { disown, isOurs } from './toolchain/install';
import { engineVersion } from './toolchain/versions';

/** Name and version of a resource plug-in. */
export type Plugin = readonly [name: string, version: string];

export const languageHost = 'pulumi-language-nodejs';

/** Where a home of Pulumi has a plug-in. */
export function pluginFile([name, version]: Plugin, pulumiHome: string): string {
  return join(pulumiHome, 'plugins', `resource-${name}-v${version}`, `pulumi-resource-${name}`);
}

/** Where a stand-in for the language host goes. */
export function languageHostFile(pulumiHome: string): string {
  return join(pulumiHome, 'plugins', `language-nodejs-v${engineVersion}`, languageHost);
}

/** Pulumi's own plug-in, whole, in the first home that has it. */
export function ownPlugin(plugin: Plugin, { own, mixed }: PulumiHomes): string | undefined {
  return [own, mixed].map((home) => pluginFile(plugin, home)).find(isPulumis);
}

/** Pulumi's own language hosts among the plug-ins; the engine takes the newest, whatever its own version. */
export function ownLanguageHosts({ own, mixed }: PulumiHomes): string[] {
  return [own, mixed]
    .flatMap((home) => foldersOf(home).filter((folder) => basename(folder).startsWith('language-nodejs-v')))
    .map((folder) => join(folder, languageHost))
    .filter(isPulumis);
}

function isPulumis(file: string): boolean {
  return existsSync(file) && !existsSync(`${dirname(file)}.partial`) && !isOurs(dirname(file));
}

/**
 * Puts a link to a plug-in into another home, replacing a stand-in. The engine only looks into real folders, so the
 * files in it are the links.
 */
export function link(file: string, pulumiHome: string): void {
  const folder = join(pulumiHome, 'plugins', basename(dirname(file)));
  if (folder === dirname(file)) return;
  mkdirSync(folder, { recursive: true });
  for (const name of readdirSync(dirname(file))) {
    const unfinished = join(folder, `${name}.${process.pid}`);
    rmSync(unfinished, { force: true });
    symlinkSync(join(dirname(file), name), unfinished);
    renameSync(unfinished, join(folder, name));
  }
  disown(folder);
}

/** Removes the stand-ins that earlier versions put into the user's own home, where they shadow `pulumi plugin install`. */
export function removeStandIns({ own }: PulumiHomes): void {
  for (const folder of foldersOf(own).filter(isOurs)) rmSync(folder, { recursive: true });
}

/** Removes a stand-in for the language host, which the engine would prefer to an older one of Pulumi's. */
export function removeLanguageHost(pulumiHome: string): void {
  const folder = dirname(languageHostFile(pulumiHome));
  if (isOurs(folder)) rmSync(folder, { recursive: true });
}

function foldersOf(pulumiHome: string): string[] {
  const folder = join(pulumiHome, 'plugins');
  if (!existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true });
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name));
}
