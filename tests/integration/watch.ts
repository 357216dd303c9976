/** What the Docker engine reports while a test looks on, and what is left of it. */

import { createInterface } from 'node:readline';
import { docker } from './project';

interface Report {
  Type: string;
  Action: string;
  Actor: { ID: string; Attributes: Record<string, string> };
}

/**
 * Watches every container that mounts a volume of one broker: the broker itself, and rehearsals that have no name of
 * their own. What others do on the same engine stays out.
 */
export class Watch {
  /** Id of each container seen, to the volumes that it mounted. */
  private readonly mounts = new Map<string, Set<string>>();
  private stream: NodeJS.ReadableStream | undefined;

  /**
   * @param container name of the broker's container
   * @param seen gets what happens to one of the containers, for example `broker start` or `rehearsal start`
   */
  constructor(
    private readonly container: string,
    private readonly seen: (event: string) => void,
  ) {}

  async open(): Promise<void> {
    this.stream = await docker.getEvents({ filters: JSON.stringify({ type: ['container', 'volume'] }) });
    createInterface({ input: this.stream }).on('line', (line) => this.take(JSON.parse(line) as Report));
  }

  close(): void {
    (this.stream as unknown as { destroy(): void } | undefined)?.destroy();
  }

  /** Names of all containers, running or not, that mount a volume of the broker. */
  async containers(): Promise<string[]> {
    const all = await docker.listContainers({ all: true });
    const own = all.filter(({ Mounts }) => Mounts.some(({ Name }) => this.owns(Name ?? '')));
    for (const { Id, Mounts } of own) for (const { Name } of Mounts) this.note(Id, Name ?? '');
    return own.flatMap(({ Names }) => Names.map((name) => name.slice(1)));
  }

  /** Names of all volumes that are there, and that one of the containers has ever mounted. */
  async volumes(): Promise<string[]> {
    const own = [...this.mounts.values()].filter((names) => [...names].some((name) => this.owns(name)));
    const mounted = new Set(own.flatMap((names) => [...names]));
    const { Volumes } = await docker.listVolumes();
    return Volumes.map(({ Name }) => Name)
      .filter((name) => this.owns(name) || mounted.has(name))
      .sort();
  }

  /** Removes what a failed test has left. */
  async clear(): Promise<void> {
    for (const name of await this.containers()) await docker.getContainer(name).remove({ force: true, v: true });
    for (const name of await this.volumes()) await docker.getVolume(name).remove();
  }

  private owns(volume: string): boolean {
    return volume.startsWith(`${this.container}-`);
  }

  private take({ Type, Action, Actor }: Report): void {
    if (Type === 'volume' && Action === 'mount') this.note(Actor.Attributes.container ?? '', Actor.ID);
    if (Type !== 'container') return;
    if (Actor.Attributes.name === this.container) this.seen(`broker ${Action}`);
    else if ([...(this.mounts.get(Actor.ID) ?? [])].some((name) => this.owns(name))) this.seen(`rehearsal ${Action}`);
  }

  private note(container: string, volume: string): void {
    this.mounts.set(container, (this.mounts.get(container) ?? new Set()).add(volume));
  }
}
