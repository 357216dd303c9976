/** The golden cases: a stack's configuration, every file that the program makes of it, and who may do what by it. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { accessMatrix } from '../../access/matrix';
import { accessModel } from '../../access/model';
import { accessPage } from '../../access/page';
import { accessTable } from '../../commands/accessTable';
import { deviceFiles } from '../../fleet/files';
import { renderConfiguration } from '../../mosquitto/configuration';
import { type BrokerFiles, fileNames } from '../../mosquitto/files';
import { openingsOf, tableScript } from '../../mosquitto/firewall';
import { type HandoverModel, handoverReader, handoverText } from '../../mosquitto/handover';
import { serviceLayout } from '../../mosquitto/layout';
import { homebrewPrefixes, macosHandover, macosLayout } from '../../mosquitto/macos';
import { networksOf } from '../../mosquitto/networks';
import { releaseOf } from '../../mosquitto/release';
import { renderFiles, restartDigest, type User } from '../../mosquitto/render';
import { weakerWords } from '../../mosquitto/weaker';
import { windowsHandover, windowsLayout } from '../../mosquitto/windows';
import { readSettings, type Settings } from '../../settings';
import { type Config, project, rawConfig } from '../unit/rawConfig';

export interface GoldenCase {
  name: string;
  /** Folder that holds `stack.yaml`, the list of devices that it names, and the expected files. */
  folder: string;
  settings: Settings;
  /** Accounts with known passwords. */
  users: User[];
  /** Whether a listener speaks TLS, so that the broker needs certificate files too. */
  tls: boolean;
}

/** Every case, by name: a folder with a stack's configuration. */
export function goldenCases(): GoldenCase[] {
  return readdirSync(__dirname)
    .filter((name) => existsSync(join(__dirname, name, 'stack.yaml')))
    .map((name) => goldenCase(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1));
}

/** The files of a case for a real broker. */
export function brokerFiles({ settings, users }: GoldenCase, certificates: BrokerFiles = {}): BrokerFiles {
  const { listeners, roles, devices } = settings;
  const isOpen = listeners.some(({ clients }) => clients === 'devices');
  return {
    ...renderFiles(settings, users, certificates),
    ...(isOpen && deviceFiles(roles, devices, rootSecret, undefined, settings.monitoring.enabled)),
  };
}

/** A known root secret, so that the files are the same each time. */
const rootSecret = Buffer.alloc(32, 7).toString('base64');

/** What stands in the folder of a case beside its `stack.yaml`. */
export function expectedFiles(golden: GoldenCase): Record<string, string> {
  const { listeners, firewall, containerName } = golden.settings;
  const openings = openingsOf(listeners, firewall);
  const matrix = accessMatrix(golden.name, accessModel(golden.settings));
  return {
    ...brokerFiles(golden),
    'access.txt': `${accessTable(matrix)}\n`,
    ...(golden.name === 'everything' && { 'access.html': accessPage(matrix) }),
    'restart-digest': `${restartDigest(golden.settings)}\n`,
    ...(openings.length > 0 && {
      'firewall.nft': tableScript({ containerName, networks: networksOf(golden.settings), openings }),
    }),
  };
}

/** Releases of Mosquitto that a service may have. */
export const serviceReleases = ['2.0', '2.1'] as const;

/** A case as a service of each release, by file name: its configuration, and what of the case is kept less well. */
export function serviceFiles({ name, settings }: GoldenCase): Record<string, string> {
  const files = serviceReleases.map((version) => {
    const service = { ...settings, layout: serviceLayout, release: releaseOf(version), binding: 'bound' as const };
    const weaker = weakerWords(service).map((words) => `${words}\n`);
    return {
      [`${name}-${version}.conf`]: renderConfiguration(service),
      ...(weaker.length > 0 && { [`${name}-${version}.txt`]: weaker.join('') }),
    };
  });
  return Object.assign({}, ...files);
}

/** A case for systems that it is handed over for, by file name; the broker's own files but for their configuration are the same. */
export function handedOver(golden: GoldenCase): Record<string, string> {
  const { name, settings } = golden;
  const { listeners, limits, firewall, containerName } = settings;
  const systems = [
    ...homebrewPrefixes.map((prefix, index) => ({
      system: ['macos', 'macos-intel'][index] ?? '',
      layout: macosLayout(containerName, prefix),
      handover: (model: HandoverModel) => macosHandover(model, prefix),
    })),
    { system: 'windows', layout: windowsLayout(containerName), handover: windowsHandover },
  ];
  const texts = systems.map(({ system, layout, handover }) => {
    const placed = { ...settings, ...handoverReader(layout) };
    const files = brokerFiles({ ...golden, settings: placed });
    const handed = handover({ name: containerName, listeners, limits, firewall, files });
    const definitions = Object.entries(handed.definitions).map(([file, text]) => [`${system}-${file}`, text]);
    return {
      [`${name}-${system}.conf`]: files[fileNames.configuration],
      [`${name}-${system}.txt`]: handoverText(handed, weakerWords(placed)),
      ...Object.fromEntries(definitions),
    };
  });
  return Object.assign({}, ...texts);
}

function goldenCase(name: string): GoldenCase {
  const folder = join(__dirname, name);
  const settings = readSettings(project, name, rawConfig(stackConfig(folder)), folder);
  return {
    name,
    folder,
    settings,
    users: settings.accounts.map(({ username, rules }) => ({ username, rules, password: `password of ${username}` })),
    tls: settings.listeners.some((listener) => listener.tls),
  };
}

function stackConfig(folder: string): Config {
  const { config } = parse(readFileSync(join(folder, 'stack.yaml'), 'utf8')) as { config: Config };
  return Object.fromEntries(Object.entries(config).map(([key, value]) => [key.replace(`${project}:`, ''), value]));
}
