import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type Docker from 'dockerode';
import { follow } from '../docker';
import { alone } from '../processes';
import { during } from '../progress';
import { layout } from './image/layout';
import { packages } from './image/packages';
import type { Recipe } from './image/recipe';
import { recipes } from './image/recipes';

/** The label that tells a stand-in from the official image; its value names the Debian package and its version. */
export const standInLabel = 'aipi-mqtt.stand-in';

/** How a stand-in for a reference is built; undefined where none can be. */
export function standInFor(reference: string): Recipe | undefined {
  return recipes.find((recipe) => recipe.reference === reference);
}

/** Whether a repository, such as `prom/prometheus`, has official images that this program knows. */
export function isOfficial(repository: string): boolean {
  return repository === 'grafana/grafana' || recipes.some((recipe) => repositoryOf(recipe) === repository);
}

/**
 * Builds an image with the layout of the official one from Debian's packages and tags it with the official reference.
 * The packages stay under `home`, for a next time without a network. An interrupted build leaves no image.
 *
 * @throws one sentence: no apt-get, packages out of reach, another version in Debian, or what the engine answered
 */
export function standIn(client: Docker, home: string, recipe: Recipe): Promise<void> {
  mkdirSync(home, { recursive: true, mode: 0o700 });
  return during(`Building a stand-in for ${recipe.reference} from Debian's packages`, (detail) =>
    alone(join(home, 'image.lock'), async () => {
      if (await isPresent(client, recipe.reference)) return;
      detail('packages');
      const { Arch } = await client.version();
      const { debianVersion, files } = await packages({
        folder: join(home, 'debian', Arch),
        architecture: Arch,
        package: recipe.package,
        version: recipe.agreed,
        source: { suite: 'sid', wanted: recipe.wanted },
      });
      detail('image');
      const events = await client.importImage(await layout(recipe, files), {
        repo: repositoryOf(recipe),
        tag: recipe.reference.slice(recipe.reference.indexOf(':') + 1),
        changes: instructions(recipe, debianVersion),
      });
      await follow(client, events);
    }),
  );
}

function repositoryOf({ reference }: Recipe): string {
  return reference.slice(0, reference.indexOf(':'));
}

function isPresent(client: Docker, reference: string): Promise<boolean> {
  return client
    .getImage(reference)
    .inspect()
    .then(() => true)
    .catch(() => false);
}

function instructions(recipe: Recipe, debianVersion: string): string[] {
  const packaged = `${recipe.package} ${debianVersion}`;
  const labels = {
    [standInLabel]: packaged,
    'org.opencontainers.image.title': `Stand-in for ${recipe.reference}`,
    'org.opencontainers.image.description': `Not the official image: Debian's ${packaged} in its layout`,
    'org.opencontainers.image.version': debianVersion,
  };
  return [
    ...recipe.instructions,
    ...Object.entries(labels).map(([name, value]) => `LABEL ${name}=${JSON.stringify(value)}`),
  ];
}
