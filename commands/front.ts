/** The `pulumi` that `npm run env` puts in front of the others: for this project alone. */

import { join } from 'node:path';
import { quote } from '../operate/shellWord';

/** Names what `npm run env` has changed in a shell, and keeps what was there before. */
const changedNames = 'AIPI_CHANGED';
const before = 'AIPI_BEFORE_';

/**
 * Lines that give a shell variables, and remember what it had: other projects get that back.
 *
 * @param wanted undefined for a variable that must not be set
 * @param present the environment of the shell
 */
export function shellLines(
  wanted: Readonly<Record<string, string | undefined>>,
  present: Readonly<Record<string, string | undefined>>,
): string[] {
  // What an earlier call has changed is not what was there before.
  const known = (present[changedNames] ?? '').split(' ').filter((name) => name !== '');
  const changing = Object.entries(wanted).filter(([name, value]) => value !== undefined || present[name] !== undefined);
  const added = changing.map(([name]) => name).filter((name) => !known.includes(name));
  return [
    ...added.flatMap((name) => {
      const value = present[name];
      return value === undefined ? [] : [`export ${before}${name}=${quote(value)}`];
    }),
    ...changing.map(([name, value]) => (value === undefined ? `unset ${name}` : `export ${name}=${quote(value)}`)),
    `export ${changedNames}=${quote([...known, ...added].join(' '))}`,
  ];
}

/**
 * The script. The engine looks for its project from the folder that it is called in, or that it is told, upwards.
 *
 * @param front.bin the engine for those who have none of their own
 */
export function frontScript({ project, home, bin }: { project: string; home: string; bin: string }): string {
  return `#!/bin/sh
# Written by "npm run env" of ${project.replaceAll('\n', ' ')}
folder=.
cwd=
for word in "$@"; do
  if [ -n "$cwd" ]; then folder=$word; cwd=; continue; fi
  case "$word" in
    --) break ;;
    -C | --cwd) cwd=next ;;
    --cwd=*) folder=\${word#--cwd=} ;;
    -C?*) folder=\${word#-C}; folder=\${folder#=} ;;
  esac
done
folder=$(CDPATH= cd -- "$folder" 2>/dev/null && pwd -P) || folder=/
while [ "$folder" != / ] && [ ! -e "$folder/Pulumi.yaml" ] && [ ! -e "$folder/Pulumi.yml" ] && [ ! -e "$folder/Pulumi.json" ]; do
  folder=$(dirname -- "$folder")
done
if [ "$folder" = "$(CDPATH= cd -- ${quote(project)} 2>/dev/null && pwd -P)" ]; then
  export AIPI_HOME=${quote(home)}
  exec node ${quote(join(project, 'commands', 'start.mjs'))} pulumi "$@"
fi
# Another project: with the environment that this shell had before.
for name in $${changedNames}; do
  eval "if [ -n \\"\\\${${before}$name+set}\\" ]; then export $name=\\"\\$${before}$name\\"; else unset $name; fi; unset ${before}$name"
done
unset ${changedNames}
others=
IFS=:
for each in $PATH; do
  case "$each" in ${quote(home)}/*) ;; *) others=\${others:+$others:}$each ;; esac
done
unset IFS
PATH=$others
export PATH
command -v pulumi >/dev/null 2>&1 && exec pulumi "$@"
exec ${quote(bin)} "$@"
`;
}
