/**
 * A machine without Docker, in the shape of a Docker engine, as far as a broker needs one: its unit is a container, its
 * folders are volumes, and the installed Mosquitto is an image. So everything that looks at a broker, delivers to it and
 * proves it is the same for both.
 */

import { Readable } from 'node:stream';
import type Docker from 'dockerode';
import { serviceRoot } from '../../mosquitto/layout';
import { unitName } from '../../mosquitto/unit';
import { optionsOf } from '../look';
import type { Machine } from '../machine';
import { ask, must, script } from './command';
import { folderOf, labelsOf, rehearsals } from './folders';
import { Answer } from './gone';
import { RehearsalContainer, removeRehearsal } from './rehearsalContainer';
import { UnitContainer } from './unitContainer';

/** What is listed of a rehearsal. */
interface Listed {
  Id: string;
  Labels: Record<string, string>;
  /** Seconds. */
  Created: number;
}

const list = [
  `[ -d ${rehearsals} ] || exit 0`,
  `cd ${rehearsals}`,
  'for each in *; do',
  '[ -f "$each/labels" ] || continue',
  `printf '%s %s ' "$each" "$(stat --format=%Y "$each")"`,
  'cat "$each/labels"',
  'echo',
  'done',
];

const inspectVolume = ['[ -d "$1" ] || exit 44', 'stat --format="%W %Y" "$1"', 'cat "$2" 2>/dev/null || echo "{}"'];

/** A unit that stops, that has stopped, or whose process has ended. Source: systemd.catalog of systemd. */
const ends = [
  'de5b426a63be47a7b6ac3eaac82e2f6f',
  '9d1aaa27d60140bd96365438aad20286',
  '98e322203f7a4ed290d09fe03c09fe15',
  '7ad2d189f7e94e70a38c781354912448',
];

export class ServiceEngine {
  /** As of an engine: one on this machine has a socket here. */
  readonly modem: { socketPath?: string };

  constructor(private readonly machine: Machine) {
    this.modem = machine.name === undefined ? { socketPath: serviceRoot } : {};
  }

  /** @param id name of a broker, or id of a rehearsal */
  getContainer(id: string): UnitContainer | { id: string; remove: () => Promise<void> } {
    if (/^[0-9a-f]{32}$/.test(id)) return { id, remove: () => removeRehearsal(this.machine, id) };
    return new UnitContainer(this.machine, id);
  }

  /** A broker has a name, and a rehearsal none. */
  async createContainer(options: Docker.ContainerCreateOptions): Promise<RehearsalContainer | UnitContainer> {
    const { name, HostConfig, ...Config } = options;
    if (name === undefined) return RehearsalContainer.create(this.machine, options);
    const labels = Config.Labels ?? {};
    const info = { Name: `/${name}`, Image: Config.Image, Config, HostConfig, NetworkSettings: { Networks: {} } };
    const unit = new UnitContainer(this.machine, name);
    await unit.put({ labels, options: optionsOf(info as unknown as Docker.ContainerInspectInfo) });
    return unit;
  }

  /** Rehearsals alone have labels that are looked for. */
  async listContainers({ filters }: { filters?: { label?: string[] } } = {}): Promise<Listed[]> {
    const said = await must(this.machine, script(list));
    const rows = said.split('\n').filter((line) => line !== '');
    const found = rows.map((row): Listed => {
      const [Id = '', created = ''] = row.split(' ');
      return { Id, Created: Number(created), Labels: JSON.parse(row.slice(Id.length + created.length + 2)) };
    });
    return found.filter(({ Labels }) => (filters?.label ?? []).every((wanted) => hasLabel(Labels, wanted)));
  }

  getVolume(name: string) {
    return {
      inspect: async () => {
        const { code, output } = await ask(this.machine, script(inspectVolume, folderOf(name), labelsOf(name)));
        if (code !== 0) throw new Answer(404, `there is no folder ${folderOf(name)}`);
        const [times = '', labels = '{}'] = output.toString().split('\n');
        const [born = 0, changed = 0] = times.split(' ').map(Number);
        const CreatedAt = new Date((born > 0 ? born : changed) * 1_000).toISOString();
        return { Name: name, CreatedAt, Labels: JSON.parse(labels) };
      },
      remove: async () => {},
    };
  }

  /** No volume is left without a name: a rehearsal takes its own with it. */
  async listVolumes() {
    return { Volumes: [] };
  }

  getImage(_reference: string) {
    return {
      inspect: async () => {
        const { code, output } = await ask(this.machine, ['dpkg-query', '--show', 'mosquitto']);
        if (code !== 0) throw new Answer(404, 'no such image: Mosquitto is not installed');
        return { Id: packageId(output.toString()) };
      },
    };
  }

  getNetwork(name: string) {
    return {
      inspect: async () => {
        throw new Answer(404, `there is no network ${name}`);
      },
    };
  }

  async listNetworks() {
    return [];
  }

  async info() {
    return { OperatingSystem: 'systemd', SystemTime: (await this.machine.run(['date', '--utc', '+%FT%T.%NZ'])).trim() };
  }

  async version() {
    const said = await this.machine.run(['systemctl', '--version']);
    return { Version: said.split('\n')[0] };
  }

  /** Ends of a broker in a span of time, in seconds. */
  async getEvents({ since, until, filters }: { since: number; until: number; filters: string }) {
    const { container = [] } = JSON.parse(filters) as { container?: string[] };
    const matches = ends.map((id) => `MESSAGE_ID=${id}`);
    const units = container.map((name) => `UNIT=${unitName(name)}`);
    const words = ['journalctl', '--quiet', '--output=json', `--since=@${Math.floor(since)}`, ...units, ...matches];
    const said = await must(this.machine, words);
    const lines = said.split('\n').filter((line) => line !== '');
    const times = lines.map((line) => Number(JSON.parse(line).__REALTIME_TIMESTAMP) * 1_000);
    const within = times.filter((time) => time >= since * 1e9 && time <= until * 1e9);
    return Readable.from(within.map((timeNano) => `${JSON.stringify({ timeNano })}\n`));
  }
}

/** `mosquitto<tab>2.0.11-1.2+deb12u2`, as the id of an image. */
export function packageId(said: string): string {
  return said.trim().replace(/\s+/g, ' ');
}

/** A filter names a label, or a label with its value. */
function hasLabel(labels: Record<string, string>, wanted: string): boolean {
  const at = wanted.indexOf('=');
  return at === -1 ? labels[wanted] !== undefined : labels[wanted.slice(0, at)] === wanted.slice(at + 1);
}
