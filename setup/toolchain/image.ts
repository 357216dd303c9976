import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { follow } from '../docker';
import { alone } from '../processes';
import { during } from '../progress';
import { layout } from './image/layout';
import { packages } from './image/packages';

const version = '2.1.2';

/** The reference that a stand-in is built for. */
export const standInFor = `eclipse-mosquitto:${version}`;

/** The label that tells a stand-in from the official image; its value names the Debian package and its version. */
export const standInLabel = 'aipi-mqtt.stand-in';

/**
 * Builds an image with the layout of the official one from Debian's packages and tags it with the official reference.
 * The packages stay under `home`, for a next time without a network. An interrupted build leaves no image.
 *
 * @throws one sentence: no apt-get, packages out of reach, another version in Debian, or what the engine answered
 */
export function standIn(client: Docker, home: string): Promise<void> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return during(`Building a stand-in for ${standInFor} from Debian's packages`, (detail) =>
    alone(join(home, 'image.lock'), async () => {
      if (await isPresent(client)) return;
      detail('packages');
      const { Arch } = await client.version();
      const { debianVersion, files } = await packages({
        folder: join(home, 'debian', Arch),
        architecture: Arch,
        version,
      });
      detail('image');
      const events = await client.importImage(await layout(files), {
        repo: 'eclipse-mosquitto',
        tag: version,
        changes: instructions(debianVersion),
      });
      await follow(client, events);
    }),
  );
}

function isPresent(client: Docker): Promise<boolean> {
  return client
    .getImage(standInFor)
    .inspect()
    .then(() => true)
    .catch(() => false);
}

function instructions(debianVersion: string): string[] {
  const labels = {
    [standInLabel]: `mosquitto ${debianVersion}`,
    'org.opencontainers.image.title': `Stand-in for ${standInFor}`,
    'org.opencontainers.image.description': `Not the official image: Debian's mosquitto ${debianVersion} in its layout`,
    'org.opencontainers.image.version': version,
  };
  return [
    'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
    'VOLUME ["/mosquitto/data", "/mosquitto/log"]',
    'EXPOSE 1883',
    'ENTRYPOINT ["/docker-entrypoint.sh"]',
    'CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]',
    ...Object.entries(labels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`),
  ];
}
