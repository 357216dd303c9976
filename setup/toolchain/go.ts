import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

/** The Go module that wraps the engine, and holds the language host and the providers. */
export const goModule = join(__dirname, 'pulumi');

/** What go.mod says after a word, for example `1.26` after `go`. */
export function goModSays(word: string): string | undefined {
  return readFileSync(join(goModule, 'go.mod'), 'utf8').match(new RegExp(`^\\s*${word} (\\S+)`, 'm'))?.[1];
}

/** Go is not installed. */
export class GoMissing extends Error {
  /** What to install. */
  readonly remedy = `Go ${goModSays('go')} or newer (https://go.dev/dl)`;

  constructor() {
    super('Go is not installed');
  }
}

/**
 * Runs a Go command in the module and hands on each line that it writes.
 *
 * @throws GoMissing; else what the command complained about
 */
export async function go(args: readonly string[], line: (text: string) => void): Promise<void> {
  const command = spawn('go', args, { cwd: goModule, env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const complaints: string[] = [];
  createInterface(command.stdout).on('line', line);
  createInterface(command.stderr).on('line', (text) => {
    if (isComplaint(text)) complaints.push(text);
    line(text);
  });
  const [code] = await once(command, 'close');
  if (code !== 0) throw new Error(`go ${args[0]}: ${complaints.slice(-5).join('\n')}`);
}

/** Go's standard error also says what goes well: `go: downloading …`, and with -v the name of each package. */
function isComplaint(text: string): boolean {
  return !text.startsWith('go: downloading ') && text.includes(' ');
}

function environment(): NodeJS.ProcessEnv {
  return {
    ...process.env,
    GOPROXY: withoutDirect(goProxies()),
    GOWORK: 'off',
    // As in Pulumi's own builds: needs no C compiler.
    CGO_ENABLED: '0',
  };
}

/**
 * The user's list of Go proxies.
 *
 * @throws GoMissing
 */
export function goProxies(): string {
  const { error, stdout } = spawnSync('go', ['env', 'GOPROXY'], { cwd: goModule, encoding: 'utf8', env: process.env });
  if (error) throw new GoMissing();
  return stdout.trim();
}

/**
 * That list without `direct`, which looks for a module that a proxy does not have in its git
 * repository, for minutes.
 */
function withoutDirect(proxies: string): string {
  return proxies.replace(/[,|]direct\b/g, '');
}
