/** The files of a broker for a fleet, made by the product from its own defaults. */

import { pbkdf2Sync, randomBytes } from 'node:crypto';
import type { Device } from '../../fleet/device';
import { deviceFiles } from '../../fleet/files';
import { devicePassword } from '../../fleet/secrets';
import { type BrokerFiles, fileNames } from '../../mosquitto/files';
import { parsePasswords } from '../../mosquitto/passwords';
import { renderFiles } from '../../mosquitto/render';
import type { Settings } from '../../settings';
import type { Login } from './packet';

/** One hour, as long as the examples for devices ask for. */
const sessionExpirySeconds = 3_600;

/** What turns devices into files and logins. */
export class ProductFiles {
  private readonly rootSecret = randomBytes(32).toString('base64');

  constructor(
    private readonly settings: Settings,
    private readonly certificates: BrokerFiles = {},
  ) {}

  of(devices: readonly Device[]): BrokerFiles {
    const { settings, rootSecret } = this;
    const users = settings.accounts.map((account) => ({ ...account, password: randomBytes(32).toString('base64url') }));
    return {
      ...renderFiles(settings, users, this.certificates),
      ...deviceFiles(settings.roles, devices, rootSecret, undefined),
    };
  }

  login(device: Device): Login {
    return {
      clientId: device.id,
      username: device.id,
      password: devicePassword(this.rootSecret, device),
      sessionExpirySeconds,
    };
  }

  /** The same files, the passwords of these devices hashed by another number of rounds; the others keep theirs. */
  rehashed(files: BrokerFiles, devices: readonly Device[], rounds: number): BrokerFiles {
    const passwords = new Map(devices.map((device) => [device.id, devicePassword(this.rootSecret, device)]));
    const lines = parsePasswords(files[fileNames.devicePasswords] ?? '').map((entry) => {
      const password = passwords.get(entry.username);
      if (password === undefined) return [entry.username, `$7$${entry.iterations}$${entry.salt}$${entry.hash}`];
      const hash = pbkdf2Sync(password, Buffer.from(entry.salt, 'base64'), rounds, 64, 'sha512').toString('base64');
      return [entry.username, `$7$${rounds}$${entry.salt}$${hash}`];
    });
    return { ...files, [fileNames.devicePasswords]: lines.map(([name, hash]) => `${name}:${hash}\n`).join('') };
  }
}

/** PBKDF2 rounds of the product. */
export function roundsOf(files: BrokerFiles): number {
  return parsePasswords(files[fileNames.devicePasswords] ?? '')[0]?.iterations ?? Number.NaN;
}
