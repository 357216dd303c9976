import { PassThrough } from 'node:stream';
import { execute } from '../../operate/docker';
import type { Machine, Opened } from '../../operate/machine';
import { execution, modem } from '../../operate/service/execution';

const ofSudo = 'sudo: unable to resolve host pi: Name or service not known\n';

/** A container whose command says each of these pieces on standard error, and then ends. */
function container(complaints: readonly string[], output = 'said\n'): Parameters<typeof execute>[0] {
  const openAsRoot = async (): Promise<Opened> => {
    const [stdin, stdout, stderr] = [new PassThrough(), new PassThrough(), new PassThrough()];
    const ended = (async () => {
      for (const each of complaints) {
        stderr.write(each);
        await new Promise(setImmediate);
      }
      stderr.end();
      stdout.end(output);
      return 0;
    })();
    return { stdin, stdout, stderr, ended };
  };
  const machine = { openAsRoot } as unknown as Machine;
  return { modem, exec: async () => execution(machine, ['true'], false) } as unknown as Parameters<typeof execute>[0];
}

describe('what a command says', () => {
  it('is all that it says', async () => {
    expect(await execute(container(['a complaint\n']), [])).toEqual({ code: 0, output: 'a complaint\nsaid\n' });
    expect((await execute(container(['sudo: what']), [])).output).toContain('sudo: what');
  });

  it.each([
    ['at once', [ofSudo]],
    ['twice', [ofSudo + ofSudo]],
    ['piece by piece', ['su', 'do: unable to resolve', ' host pi: Name or service not known', '\n']],
  ])('is not what sudo says ahead of it of a machine that does not know its own name: %s', async (_, pieces) => {
    expect(await execute(container(pieces), [])).toEqual({ code: 0, output: 'said\n' });
    expect(await execute(container([...pieces, 'own\n']), [])).toEqual({ code: 0, output: 'own\nsaid\n' });
  });
});
