import manifest from '../../package.json';

const prefix = '@pulumi/';
const packages = Object.entries(manifest.dependencies)
  .filter(([name]) => name.startsWith(prefix))
  .map(([name, version]) => [name.slice(prefix.length), version] as const);

/** The version of the engine: that of its Node SDK. */
export const engineVersion = manifest.dependencies['@pulumi/pulumi'];

/** The resource plug-ins that the program needs, name and version: those of their Node SDKs. */
export const plugins: readonly (readonly [name: string, version: string])[] = packages.filter(
  ([name]) => name !== 'pulumi',
);
