/** `pulumi` as a person types it, after `eval "$(npm run -s env)"`. */

import { home } from './home';
import { CommandFailed, pulumi, run } from './pulumi';
import { stackFile } from './stackFile';

/** Commands that read a stack's configuration, and would write the salt of its secrets beside it. */
const operations = ['up', 'update', 'preview', 'refresh', 'destroy', 'watch', 'import'];

/** Hands a command over to the engine, with the copy of the stack file where the engine would write into it. */
export async function plain(args: string[]): Promise<number> {
  const engine = await pulumi();
  const [operation = ''] = args.filter((word) => !word.startsWith('-'));
  try {
    if (operation === 'stack' && args.includes('init')) {
      const name = args[args.indexOf('init') + 1] ?? '';
      await run(engine, args, 'shown', stackFile(home(), name).folder);
    } else if (operations.includes(operation) && !args.some((word) => word.startsWith('--config-file'))) {
      const name = stackOf(args) ?? (await run(engine, ['stack', '--show-name'], 'returned')).trim();
      await run(engine, [...args, '--config-file', stackFile(home(), name).path], 'shown');
    } else {
      await run(engine, args, 'shown');
    }
    return 0;
  } catch (error) {
    if (error instanceof CommandFailed && error.message === '') return error.code;
    throw error;
  }
}

function stackOf(args: string[]): string | undefined {
  const [inline] = args.filter((word) => word.startsWith('--stack='));
  if (inline !== undefined) return inline.slice('--stack='.length);
  const at = args.findIndex((word) => word === '--stack' || word === '-s');
  return at === -1 ? undefined : args[at + 1];
}
