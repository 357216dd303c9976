/** Prometheus, and the programs that check what it and Alertmanager read, of Debian and without an installation. */

import { existsSync, mkdtempSync, renameSync, rmSync } from 'node:fs';
import { basename, join } from 'node:path';
import { home } from '../../setup/home';
import { alone, run } from '../../setup/processes';
import { packages } from '../../setup/toolchain/image/packages';

/** Packages, each with one of these programs or more. */
const wanted = ['prometheus', 'promtool', 'prometheus-alertmanager'];

export interface Tools {
  prometheus: string;
  promtool: string;
  amtool: string;
}

/** Fetches them where the cache of the product has none; a second call needs no network. */
export async function prometheusTools(): Promise<Tools> {
  const architecture = (await run('dpkg', ['--print-architecture'])).trim();
  const folder = join(home(), `prometheus-${architecture}`);
  await alone(join(home(), 'prometheus.lock'), async () => {
    if (!existsSync(folder)) await unpack(folder, architecture);
  });
  const program = (name: string) => join(folder, 'usr', 'bin', name);
  return {
    prometheus: program('prometheus'),
    promtool: program('promtool'),
    amtool: program('amtool'),
  };
}

async function unpack(folder: string, architecture: string): Promise<void> {
  const { files } = await packages({
    folder: join(home(), 'debian', architecture),
    architecture,
    package: 'prometheus',
    version: '3',
    source: { suite: 'sid', wanted },
  });
  const fresh = mkdtempSync(`${folder}-`);
  try {
    for (const file of files.filter((path) => wanted.some((name) => basename(path).startsWith(`${name}_`)))) {
      await run('dpkg-deb', ['--extract', file, fresh]);
    }
    renameSync(fresh, folder);
  } catch (error) {
    rmSync(fresh, { recursive: true });
    throw error;
  }
}
