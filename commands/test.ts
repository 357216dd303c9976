/** Everything that CI runs: what needs no engine at once, then the tests with the real ones. */

import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { useAddress } from '../operate/dockerAddress';
import { docker } from '../setup/docker';
import { home, projectFolder } from '../setup/home';
import { image } from '../setup/image';
import { installPackages, isDebian } from '../setup/packages';
import { during, say } from '../setup/progress';
import { pulumi } from '../setup/pulumi';
import type { Asked } from './options';

type Step = readonly [title: string, program: string, ...args: string[]];

const cores = availableParallelism();
const workers = ['--maxWorkers', String(Math.min(4, Math.max(2, cores)))];
/** At least three, since a test waits for brokers and engines a third of its time; more than four want another machine. */
const patientWorkers = ['--maxWorkers', String(Math.min(4, Math.max(3, cores)))];
const types = ['--incremental', '--tsBuildInfoFile', 'node_modules/.cache/tsconfig.tsbuildinfo'];

const quickSteps: readonly Step[] = [
  ['Format and lint', 'biome', 'ci', '.'],
  ['Types', 'tsc', '--project', '.', ...types],
  ['Unit, property, golden, component and docs tests', 'jest', '--selectProjects', 'unit', ...workers],
];

/** The image that the integration tests start. */
const reference = 'eclipse-mosquitto:2.1.2';

/** Runs everything that needs neither an engine nor Docker, at once, and shows each as it ends. */
export async function quickTest(): Promise<number> {
  const codes = await Promise.all(quickSteps.map(shownAtItsEnd));
  return codes.find((code) => code !== 0) ?? 0;
}

/**
 * Runs the integration tests alone, on the engine and the plug-ins that `PATH` and `PULUMI_HOME` offer, else on those
 * that set-up gets.
 *
 * @param asked its words are parts of the paths of suites; none for all
 */
export function integrationTests({ words }: Asked): Promise<number> {
  return integration(words);
}

async function integration(patterns: readonly string[]): Promise<number> {
  await prepare();
  const chosen = patterns.length === 0 ? [] : ['--testPathPatterns', ...patterns];
  const args = ['--selectProjects', 'integration', ...patientWorkers, ...chosen];
  return spawnSync(installed('jest'), args, { cwd: projectFolder, stdio: 'inherit' }).status ?? 1;
}

/** Runs everything; the integration tests only where nothing of the others fails. */
export async function test(): Promise<number> {
  const code = await quickTest();
  if (code !== 0) return code;
  say('\n— Integration tests');
  return integration([]);
}

/** Sets up what the benchmark needs, and runs it. */
export async function benchmark({ words }: Asked): Promise<number> {
  await prepare();
  const program = ['--require', './setup/typescript.cjs', 'tests/bench/main.ts'];
  return spawnSync('node', [...program, ...words], { cwd: projectFolder, stdio: 'inherit' }).status ?? 1;
}

function installed(program: string): string {
  return join(projectFolder, 'node_modules', '.bin', program);
}

/** Runs a step whose output would be lost among that of others. */
function shownAtItsEnd([title, program, ...args]: Step): Promise<number> {
  return new Promise((resolve, reject) => {
    const child = spawn(installed(program), args, { cwd: projectFolder, stdio: ['ignore', 'pipe', 'pipe'] });
    const output: Buffer[] = [];
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => output.push(data));
    child.once('error', reject);
    child.once('close', (code) => {
      say(`\n— ${title}${code === 0 ? '' : ': failed'}`);
      process.stderr.write(Buffer.concat(output));
      resolve(code ?? 1);
    });
  });
}

/** What a firewall is made and tried with, also behind ssh: package to one of its programs. None starts a service. */
const firewallPackages = {
  nftables: '/usr/sbin/nft',
  iproute2: '/usr/sbin/ip',
  'openssh-client': '/usr/bin/ssh',
};

async function prepare(): Promise<void> {
  const lacking = Object.entries(firewallPackages).flatMap(([name, program]) => (existsSync(program) ? [] : [name]));
  if (lacking.length > 0 && process.getuid?.() === 0 && isDebian()) {
    await during(`Installing ${lacking.join(' and ')}`, (detail) => installPackages(lacking, detail));
  }
  const { address } = await docker({});
  useAddress(address);
  await image({ reference, address, home: home() });
  say((await pulumi()).words);
}
