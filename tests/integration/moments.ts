/** Moments of a delivery, as Docker reports them, and what can be done to it then. */

import { type FleetStack, type Pi, pis } from './fleetStack';
import { kill, processesOf, read } from './processes';
import { Watch } from './watch';

/** Devices that no change reaches. */
export const steady = pis(6);
export const steadyIds = steady.map(({ id }) => id);

/** What the n-th fleet has beside them: each adds a device, revokes one, and gives one a new password. */
export function changing(n: number): Pi[] {
  return [{ id: `guest-${n}` }, { id: 'turning', generation: n + 1 }];
}

export type Moment = 'rehearsal' | 'swap' | 'swapped' | 'reload' | 'restarted';

export class Moments {
  private readonly watch: Watch;
  private swapping = false;
  private act: (moment: Moment) => void = () => {};
  /** How many delivering processes there were at the last moment that was waited for. */
  met = 0;

  constructor(private readonly fleet: FleetStack) {
    this.watch = new Watch(fleet.container, (event) => this.take(event));
  }

  open(): Promise<void> {
    return this.watch.open();
  }

  /** Names of the containers that have a volume of the broker. */
  containers(): Promise<string[]> {
    return this.watch.containers();
  }

  /** Does something at a moment of the next delivery, once. A delivery that has swapped files does not go on before. */
  at(moment: Moment, action: () => void): void {
    this.met = 0;
    this.act = (seen) => {
      // What follows the swap follows at once: the delivery sleeps until it has been dealt with.
      if (moment === 'swapped' && seen === 'swap') this.signal('SIGSTOP');
      if (seen !== moment) return;
      this.act = () => {};
      this.met = this.deliverers().length;
      action();
    };
  }

  never(): void {
    this.act = () => {};
  }

  killDelivery(): void {
    for (const pid of this.deliverers()) kill(pid);
  }

  /** Makes a delivery sleep. */
  halt(): void {
    this.signal('SIGSTOP');
  }

  /** Lets a delivery that sleeps go on. */
  wake(): void {
    this.signal('SIGCONT');
  }

  deliverers(): number[] {
    return processesOf(this.fleet.project.folder).filter((pid) => read(pid, 'cmdline').includes('operate/deliver.ts'));
  }

  async close(): Promise<void> {
    await this.watch.clear();
    this.watch.close();
  }

  private signal(name: NodeJS.Signals): void {
    for (const pid of this.deliverers()) process.kill(pid, name);
  }

  private take(event: string): void {
    if (event === 'rehearsal start') this.act('rehearsal');
    if (event.startsWith('rehearsal exec_start') && event.includes('mv -T')) {
      this.swapping = true;
      this.act('swap');
    } else if (this.swapping && event === 'rehearsal exec_die') {
      this.swapping = false;
      this.act('swapped');
    }
    if (event.startsWith('broker exec_start: kill -HUP')) this.act('reload');
    if (event === 'broker start') this.act('restarted');
  }
}
