/** A broker that systemd runs, in the shape of a container. */

import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { renderUnit, type UnitRecord, unitFile, unitName } from '../../mosquitto/unit';
import type { Machine } from '../machine';
import { Archives } from './archives';
import { ask, must, script } from './command';
import { type Execution, execution, modem } from './execution';
import { Answer } from './gone';
import { restarting } from './starting';
import { infoOf, mountsOf, properties, propertiesIn } from './unitState';

/** Parts the answers of one script. */
const separator = '\n--- the unit ---\n';

const look = [
  `systemctl show --timestamp=us+utc --property=${properties.join(',')} "$1"`,
  `printf '%s' "$2"`,
  'cat "$3" 2>/dev/null || :',
];

/** Runs a command where the broker is, which it can tell by `MAINPID`. */
const enter = [
  'pid=$(systemctl show --property=MainPID --value "$1")',
  'shift',
  '[ "$pid" -gt 0 ] || exit 126',
  'MAINPID=$pid exec nsenter --target="$pid" --mount -- "$@"',
];

/** The last entry that is there is where to go on from; without one, everything is new. */
const follow = [
  'cursor=$(journalctl --quiet --unit="$1" --lines=1 --output=export --output-fields=__CURSOR | sed -n "s/^__CURSOR=//p")',
  'set -- "_SYSTEMD_UNIT=$1"',
  '[ "$cursor" = "" ] || set -- "$@" "--after-cursor=$cursor"',
  'exec journalctl --quiet --output=cat --no-tail --follow "$@"',
];
const recent = ['exec journalctl --quiet --unit="$1" --output=cat --lines=200 _SYSTEMD_UNIT="$1"'];
const recentSince = ['exec journalctl --quiet --unit="$1" --output=cat --since="@$2" _SYSTEMD_UNIT="$1"'];

/** What others have put beside a unit, by hand or by `systemctl set-property`. */
const withoutAdditions =
  'rm -rf /etc/systemd/system/"$1".d /etc/systemd/system.control/"$1".d /run/systemd/system*/"$1".d';

export class UnitContainer extends Archives {
  readonly modem = modem;
  /** What makes the broker read its files again, run where it is. */
  readonly hangUp = ['sh', '-c', 'kill -HUP "$MAINPID"'];

  constructor(
    machine: Machine,
    readonly id: string,
  ) {
    super(machine, mountsOf(id));
  }

  private get unit(): string {
    return unitName(this.id);
  }

  async inspect(): Promise<Docker.ContainerInspectInfo> {
    const said = await must(this.machine, script(look, this.unit, separator, unitFile(this.id)));
    const [state = '', text = ''] = said.split(separator);
    const known = propertiesIn(state);
    if (known.LoadState === 'not-found' || text === '') throw new Answer(404, `there is no unit ${this.unit}`);
    return infoOf(this.id, text, known);
  }

  async exec({ Cmd = [], AttachStdin = false }: Docker.ExecCreateOptions): Promise<Execution> {
    return execution(this.machine, script(enter, this.unit, ...Cmd), AttachStdin);
  }

  /** What is followed begins with the next line. */
  async logs({ follow: isFollowed = false, since }: { follow?: boolean; since?: number }): Promise<unknown> {
    if (!isFollowed) {
      const words = since === undefined ? script(recent, this.unit) : script(recentSince, this.unit, String(since));
      return framed((await ask(this.machine, words)).output);
    }
    const { stdin, stdout, stderr, ended } = await this.machine.openAsRoot(script(follow, this.unit));
    stderr.resume();
    const said = stdout.pipe(new PassThrough());
    const end = () => stdin.end();
    // Whoever follows no longer ends the command by its input.
    said.once('close', () => {
      end();
      stdout.destroy();
    });
    ended.catch(() => {});
    return said;
  }

  async unpause(): Promise<void> {
    await this.systemctl('thaw');
  }

  /** One that was stopped comes back after a boot, too. */
  async start(): Promise<void> {
    await this.systemctl('enable', '--quiet');
    await this.restart();
  }

  async restart(): Promise<void> {
    await must(this.machine, script(['unit=$1', ...restarting], this.unit));
  }

  /** Until somebody starts it: a boot does not. */
  async stop(): Promise<void> {
    await this.systemctl('disable', '--now', '--quiet');
  }

  /** What others have put beside the unit is taken away; what is meant is what the unit says. */
  async update(): Promise<void> {
    await must(this.machine, script([withoutAdditions, 'systemctl daemon-reload'], this.unit));
  }

  /** Writes a unit; it does not run yet. */
  async put(record: UnitRecord): Promise<void> {
    const put = [
      'umask 022',
      withoutAdditions,
      'cat >"$2.new"',
      'mv "$2.new" "$2"',
      'systemctl daemon-reload',
      'systemctl enable --quiet "$1"',
    ];
    await must(this.machine, script(put, this.unit, unitFile(this.id)), renderUnit(record));
  }

  async remove(): Promise<void> {
    const gone = [
      'systemctl disable --now --quiet "$1" || :',
      'rm -rf "$2" "$2.d"',
      'systemctl daemon-reload',
      // One that has not ended well stays on a list, though there is no such unit any more.
      'systemctl reset-failed "$1" 2>/dev/null || :',
    ];
    await must(this.machine, script(gone, this.unit, unitFile(this.id)));
  }

  private async systemctl(...words: string[]): Promise<void> {
    await must(this.machine, ['systemctl', ...words, this.unit]);
  }
}

/** As an engine frames a log that nobody follows. */
function framed(output: Buffer): Buffer {
  const head = Buffer.alloc(8);
  head[0] = 1;
  head.writeUInt32BE(output.length, 4);
  return Buffer.concat([head, output]);
}
