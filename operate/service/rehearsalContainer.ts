/**
 * A broker that is only rehearsed, or a mere view of folders, on a machine without Docker: processes in namespaces of their
 * own, without network, in the shape of a container that is taken away when it is done.
 */

import { randomBytes } from 'node:crypto';
import { PassThrough } from 'node:stream';
import type Docker from 'dockerode';
import { brokerId } from '../../mosquitto/files';
import type { Machine, Opened } from '../machine';
import { Archives } from './archives';
import { ask, must, script } from './command';
import { type Execution, execution, modem, type Spoken, spoken, withoutSudo } from './execution';
import { folderOf, type Mounted, rehearsals } from './folders';
import { Answer } from './gone';

/** As whom everything of a broker is done. */
const asBroker = [
  'setpriv',
  `--reuid=${brokerId}`,
  `--regid=${brokerId}`,
  '--clear-groups',
  '--no-new-privs',
  '--bounding-set=-all',
  '--inh-caps=-all',
];

/** Where the numbers of processes and mounts are new: mounts what the container would have, and becomes its first process. */
const inside = [
  // Before /proc is mounted anew, it says the number that the machine has for this process.
  'read -r pid rest </proc/self/stat',
  'echo "$pid" >"$1/pid"',
  'mount -t proc none /proc',
  'plugins=$(readlink /mosquitto/plugins || :)',
  'mount -t tmpfs -o mode=755 none /mosquitto',
  '[ "$plugins" = "" ] || ln -s "$plugins" /mosquitto/plugins',
  'mkdir -p /mosquitto/config /mosquitto/log /mosquitto/data',
  'while read -r kind source place; do',
  '  [ "$kind" != end ] || break',
  '  mkdir -p "$place"',
  '  case $kind in',
  '  bind) mount --bind "$source" "$place" ;;',
  '  tmpfs) mount -t tmpfs -o "$source" none "$place" ;;',
  '  esac',
  'done <"$1/mounts"',
  'ip link set lo up',
  // A broker binds addresses of its machine, which are not here.
  'ip route add local 0.0.0.0/0 dev lo',
  'ip -6 route add local ::/0 dev lo 2>/dev/null || :',
  'cd /',
  'echo aipi-started',
  'shift',
  'exec "$@"',
].join('\n');

const namespaces = [
  'unshare',
  '--mount',
  '--net',
  '--pid',
  '--ipc',
  '--uts',
  '--fork',
  '--kill-child',
  '--propagation=private',
];
const started = 'aipi-started\n';

export interface Made {
  labels: Readonly<Record<string, string>>;
  mounts: Mounted[];
  /** Folder to the options of the file system in memory that is mounted there. */
  tmpfs: Readonly<Record<string, string>>;
  /** Entry point and its words. */
  command: readonly string[];
}

export class RehearsalContainer extends Archives {
  readonly modem = modem;
  private readonly folder: string;
  private opened: Opened | undefined;
  private readonly attached: Array<PassThrough> = [];
  private readonly input = new PassThrough();

  constructor(
    machine: Machine,
    readonly id: string,
    private readonly made: Made,
  ) {
    super(machine, made.mounts);
    this.folder = `${rehearsals}/${id}`;
  }

  /** Makes what is needed on the machine; nothing runs yet. */
  static async create(machine: Machine, options: Docker.ContainerCreateOptions): Promise<RehearsalContainer> {
    const id = randomBytes(16).toString('hex');
    const own = `${rehearsals}/${id}`;
    const made = madeOf(options, own);
    const make = [
      'umask 077',
      `mkdir -p "$1"`,
      'cat >"$1/mounts"',
      'shift',
      'printf "%s" "$2" >"$1/labels"',
      ...(made.mounts.some(({ source }) => source === `${own}/volume`)
        ? [`mkdir "$1/volume"`, `chown ${brokerId}:${brokerId} "$1/volume"`]
        : []),
    ];
    const rows = [
      ...made.mounts.map(({ source, destination }) => `bind ${source} ${destination}`),
      ...Object.entries(made.tmpfs).map(([place, given]) => `tmpfs ${given === '' ? 'rw' : given} ${place}`),
      'end',
    ];
    await must(machine, script(make, own, own, JSON.stringify(made.labels)), `${rows.join('\n')}\n`);
    return new RehearsalContainer(machine, id, made);
  }

  async attach(): Promise<Spoken> {
    const out = new PassThrough();
    this.attached.push(out);
    const complaints = new PassThrough();
    const stream = spoken({
      stdin: this.input,
      stdout: out,
      stderr: complaints,
      ended: new Promise((resolve) => out.once('end', () => resolve(0))),
    });
    this.complaints = complaints;
    return stream;
  }

  private complaints: PassThrough | undefined;

  async start(): Promise<void> {
    const words = [...namespaces, 'sh', '-euc', inside, 'sh', this.folder, ...asBroker, ...this.made.command];
    const opened = await this.machine.openAsRoot(words);
    this.opened = opened;
    this.input.pipe(opened.stdin);
    let error = '';
    withoutSudo(opened.stderr).on('data', (data) => {
      error += data;
      this.complaints?.write(data);
    });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      const look = (data: Buffer) => {
        said += data.toString('latin1');
        if (!said.includes(started)) return;
        opened.stdout.off('data', look);
        const rest = Buffer.from(said.slice(said.indexOf(started) + started.length), 'latin1');
        for (const out of this.attached) {
          if (rest.length > 0) out.write(rest);
          opened.stdout.pipe(out);
        }
        if (this.attached.length === 0) opened.stdout.resume();
        resolve();
      };
      opened.stdout.on('data', look);
      opened.ended.then(
        () => {
          this.end();
          reject(new Error(`a rehearsal cannot be started: ${error.trim()}`));
        },
        (reason) => reject(reason),
      );
    });
  }

  private end(): void {
    for (const out of this.attached) out.end();
    this.complaints?.end();
  }

  async exec({ Cmd = [], AttachStdin = false }: Docker.ExecCreateOptions): Promise<Execution> {
    const enter = [
      'pid=$(cat "$1/pid" 2>/dev/null) || exit 126',
      'shift',
      'exec nsenter --target="$pid" --mount --net --pid --ipc --uts -- "$@"',
    ];
    return execution(this.machine, script(enter, this.folder, ...asBroker, ...Cmd), AttachStdin);
  }

  async remove(): Promise<void> {
    this.opened?.stdin.end();
    await removeRehearsal(this.machine, this.id);
    this.end();
  }
}

/** Ends a rehearsal, and forgets it. */
export async function removeRehearsal(machine: Machine, id: string): Promise<void> {
  const end = ['[ -d "$1" ] || exit 44', 'kill -KILL "$(cat "$1/pid")" 2>/dev/null || :', 'rm -rf "$1"'];
  const { code, error } = await ask(machine, script(end, `${rehearsals}/${id}`));
  if (code === 44) throw new Answer(404, `there is no rehearsal ${id}`);
  if (code !== 0) throw new Error(`a rehearsal cannot be taken away: ${error.trim()}`);
}

function madeOf(
  { Labels, Entrypoint = [], Cmd = [], HostConfig = {} }: Docker.ContainerCreateOptions,
  own: string,
): Made {
  const binds = (HostConfig.Binds ?? []).map((bind): Mounted => {
    const [volume = '', destination = '', mode = ''] = bind.split(':');
    return { source: folderOf(volume), destination, readOnly: mode.split(',').includes('ro') };
  });
  const unnamed = (HostConfig.Mounts ?? []).map(
    ({ Target }): Mounted => ({ source: `${own}/volume`, destination: Target, readOnly: false }),
  );
  return {
    labels: Labels ?? {},
    mounts: [...binds, ...unnamed],
    tmpfs: HostConfig.Tmpfs ?? {},
    command: [...[Entrypoint].flat(), ...Cmd],
  };
}
