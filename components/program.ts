import { dirname, extname, relative, sep } from 'node:path';
import * as command from '@pulumi/command';
import * as pulumi from '@pulumi/pulumi';

/**
 * Runs one of this package's programs when its input changes. The input travels by standard input, because argv,
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
      create: programWords(path),
      stdin: pulumi.secret(pulumi.jsonStringify(input)),
      logging: 'none',
      addPreviousOutputInEnv: false,
    },
    { parent, ...options },
  );
}

/** What an installed package has in the place of TypeScript. */
const extension = extname(__filename);

/**
 * The words for a shell that run a program. A plug-in runs them in the folder of the program that uses this package, so
 * they name it from there: the same words on every machine, and nothing to change when the folder is another one.
 *
 * @param path of the program in this package, without its extension
 * @param folder of this package
 */
export function programWords(path: string, folder = relative(process.cwd(), dirname(__dirname))): string {
  const from = folder === '' ? '' : `${folder.split(sep).join('/')}/`;
  // A plug-in that is cancelled kills the shell alone: without exec the program would go on, unseen.
  return `exec node --require ${word(`./${from}setup/typescript.cjs`)} ${word(`${from}${path}${extension}`)}`;
}

/** A path as a shell reads it as one word. */
function word(path: string): string {
  return /^[\w@.+/-]+$/.test(path) ? path : `'${path.replaceAll("'", "'\\''")}'`;
}
