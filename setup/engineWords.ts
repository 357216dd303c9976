/** Which engine and plug-ins run, in one line for people. */

import { list } from './list';

/** Whose a piece is: Pulumi's, the toolchain's, or whatever the user's PATH has under its name. */
export type Origin = 'own' | 'toolchain' | 'path';

export interface Running {
  cli: { bin: string; version: string; origin: 'path' | 'download' | 'toolchain' };
  languageHost: Origin;
  /** By name of the plug-in. */
  plugins: Readonly<Record<string, Origin>>;
}

const words: Record<Origin, string> = { own: "Pulumi's own", toolchain: 'built from Go modules', path: 'from PATH' };

/** For example `Pulumi 3.262.0 (/usr/local/bin/pulumi); plug-ins: Pulumi's own`. */
export function engineWords({ cli, languageHost, plugins }: Running): string {
  const from = { path: cli.bin, download: 'downloaded from Pulumi', toolchain: words.toolchain };
  // The toolchain builds an engine and its language host together.
  const host = languageHost === 'toolchain' && cli.origin !== 'toolchain' ? `; language host: ${words.toolchain}` : '';
  return `Pulumi ${cli.version} (${from[cli.origin]})${host}; plug-ins: ${pluginWords(plugins)}`;
}

function pluginWords(plugins: Running['plugins']): string {
  const groups = (Object.keys(words) as Origin[])
    .map((origin) => ({ origin, names: Object.keys(plugins).filter((name) => plugins[name] === origin) }))
    .filter(({ names }) => names.length > 0);
  return groups
    .map(({ origin, names }) => (groups.length === 1 ? words[origin] : `${list(names)} ${words[origin]}`))
    .join(', ');
}
