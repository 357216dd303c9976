import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';

/**
 * Runs one of this repository's programs when its input changes. The input travels by standard input, because argv,
 * environment and the engine's log are readable by others.
 */
export function program(
  parent: pulumi.Resource,
  name: string,
  path: string,
  input: pulumi.Input<unknown>,
  options?: pulumi.CustomResourceOptions,
): command.local.Command {
  return new command.local.Command(
    name,
    {
      // A plug-in that is cancelled kills the shell alone: without exec the program would go on, unseen.
      create: `exec node --require ./setup/typescript.cjs ${path}`,
      stdin: pulumi.secret(pulumi.jsonStringify(input)),
      logging: 'none',
      addPreviousOutputInEnv: false,
    },
    { parent, ...options },
  );
}
