/** The list of devices, and random changes to it. */

import type { Device } from '../../fleet/device';
import { numbered } from './population';

const kinds = ['add', 'revoke', 'rotate', 'reassign'] as const;

/** One device as the change leaves it; a revoked one as it was. */
export interface Change {
  kind: (typeof kinds)[number];
  device: Device;
}

export class Roster {
  private readonly byId = new Map<string, Device>();
  private last = 0;

  constructor(
    count: number,
    private readonly roles: readonly string[],
  ) {
    while (this.byId.size < count) this.add();
  }

  get devices(): Device[] {
    return [...this.byId.values()];
  }

  /** Changes one device, each kind as probable as the others. */
  change(): Change {
    const kind = any(kinds);
    return { kind, device: this[kind]() };
  }

  private add(): Device {
    this.last += 1;
    return this.put(numbered(this.last, this.roles[this.last % this.roles.length]));
  }

  private revoke(): Device {
    const device = any(this.devices);
    this.byId.delete(device.id);
    return device;
  }

  private rotate(): Device {
    const device = any(this.devices);
    return this.put({ ...device, generation: device.generation + 1 });
  }

  private reassign(): Device {
    const device = any(this.devices);
    return this.put({ ...device, role: any(this.roles.filter((role) => role !== device.role)) });
  }

  private put(device: Device): Device {
    this.byId.set(device.id, device);
    return device;
  }
}

function any<T>(values: readonly T[]): T {
  return values[Math.floor(Math.random() * values.length)] as T;
}
