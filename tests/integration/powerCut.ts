/**
 * Power cuts: runs a script again and again, each time killed at a later one of the commands it calls, and sees whether
 * what is left can be completed.
 *
 * What is killed is the script with all its processes; what the kernel had not yet written to the disk stays, unlike in
 * a real cut.
 */

import type { DebianRoot } from './debianRoot';

/** Every program that the script may call; it finds no other. */
const programs = [
  'cat',
  'chmod',
  'cmp',
  'cut',
  'date',
  'df',
  'dirname',
  'flock',
  'id',
  'mkdir',
  'mv',
  'python3',
  'rm',
  'sha256sum',
  'stat',
  'sync',
  'systemctl',
];

/** Notes its call; at the call that is to be the last it kills the script, with a write half done. */
const stub = `#!/bin/sh
name=\${0##*/}
case "$*" in *"$SECRET"*) echo "$name" >/cut/leak ;; esac
read -r calls </cut/calls
calls=$((calls + 1))
echo "$calls" >/cut/calls
if [ "$calls" -ge "$LAST_CALL" ]; then
  echo "$name" >/cut/cut
  if [ "$name $#" = 'cat 0' ]; then /usr/bin/head -c 7; fi
  kill -KILL 0
fi
exec "/usr/bin/$name" "$@"
`;

const folders = 'boot/firmware etc/aipi etc/systemd/system usr/local/lib/aipi';

/** Prints a line for each cut, `ok` or what is wrong after it, and their number. */
const driver = `
folders='${folders}'
state() { tar -C / --sort=name --mtime=@0 --exclude=proved -cf - $folders | sha256sum; }
start() { (cd / && rm -rf $folders && mkdir -p $folders && tar -xf /cut/start.tar); }
# Neither copy lost, none that others can read, and no file that is neither the old one nor the new one.
check() {
  card=$(cat /boot/firmware/aipi/password 2>/dev/null) installed=$(cat /etc/aipi/password 2>/dev/null)
  for file in $(find /etc/aipi /usr/local/lib/aipi -type f ! -name '*.new' ! -name proved); do
    cmp -s $file /cut/before$file || cmp -s $file /cut/after$file || echo "torn $file,"
  done
  [ "$card" = "$SECRET" ] || [ "$installed" = "$SECRET" ] || echo 'password lost,'
  [ "$card" = "$SECRET" ] || [ -e /cut/proved ] || echo 'card without password,'
  [ ! -e /cut/leak ] || echo "password among the arguments of $(cat /cut/leak),"
  find /etc /usr/local -type f ! -perm 600 -exec grep -lF "$SECRET" {} +
}
mkdir -p $(for each in $folders; do echo /$each; done)
tar -C / -cf /cut/start.tar $folders
sh -c "$COMPLETE" >/cut/output 2>&1 || { echo "does not complete: $(cat /cut/output)"; exit 1; }
wanted=$(state)
mkdir /cut/before /cut/after
tar -C / -cf - $folders | tar -C /cut/after -xf -
tar -C /cut/before -xf /cut/start.tar
at=1 before=
while :; do
  start
  rm -f /cut/cut
  echo 0 >/cut/calls
  LAST_CALL=$at PATH=/cut/bin /usr/bin/setsid --wait /bin/sh -c "$SCRIPT" >/cut/output 2>&1
  # Not by their number: those of a pipeline count at once, and one of them may be lost.
  [ -e /cut/cut ] || break
  wrong=$(check)
  left=$(state)
  # What leaves the same is completed the same.
  if [ "$left" != "$before" ]; then
    before=$left
    sh -c "$COMPLETE" >/cut/output 2>&1 || wrong="$wrong does not complete: $(cat /cut/output)"
    [ "$(state)" = "$wanted" ] || wrong="$wrong, ends in another state"
  fi
  echo "$at $(cat /cut/cut): \${wrong:-ok}"
  at=$((at + 1))
done
cat /cut/output
echo "cuts: $((at - 1))"
`;

/** What became of a script that was cut off at each of its calls. */
export interface Cuts {
  /** How many there were: one at each program that the script calls. */
  count: number;
  /** Cuts after which something was wrong. */
  wrong: string[];
  output: string;
}

/**
 * Cuts a script off at each of its calls, each time from the state that the root has now.
 *
 * @param script shell words that run it
 * @param complete shell words of what comes after a cut
 * @param secret password that must be on the card, or proved and installed, after each cut
 */
export async function cutAtEachCall(
  root: DebianRoot,
  { script, complete, secret, proved }: { script: string; complete: string; secret: string; proved: boolean },
): Promise<Cuts> {
  await root.write({ '/cut/stub': stub, '/cut/driver': driver, ...(proved && { '/cut/proved': '' }) });
  await root.shell(
    `chmod 755 /cut/stub; mkdir /cut/bin; for name in ${programs.join(' ')}; do ln -s ../stub /cut/bin/$name; done`,
  );
  const environment = { SCRIPT: script, COMPLETE: complete, SECRET: secret };
  const output = await root.must(['sh', '/cut/driver'], { environment });
  const lines = output.split('\n').filter((line) => /^\d+ [a-z0-9]+: /.test(line));
  return {
    count: Number(output.match(/^cuts: (\d+)$/m)?.[1]),
    wrong: lines.filter((line) => !line.endsWith(': ok')),
    output,
  };
}
