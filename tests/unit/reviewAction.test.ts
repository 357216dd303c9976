/**
 * The action of the review and the job for GitLab: their own lines, run by bash in a checkout, with another program in
 * the place of npm, and the comment at a small server.
 *
 * Does not prove that GitHub and GitLab read the files as they are read here.
 */

import { spawn, spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parse } from 'yaml';
import { readMarkdown } from '../docs/markdown';
import { read, root } from '../docs/pages';
import { CommentService } from './commentService';

const actionFolder = '.github/actions/review';
const workflowFolder = '.github/workflows';
const token = 'ghs_0123456789abcdef';
const marker = '<!-- aipi-mqtt review: prod -->';

interface Step {
  id?: string;
  uses?: string;
  run?: string;
  shell?: string;
  env?: Record<string, string>;
  with?: Record<string, unknown>;
}

interface Action {
  inputs: Record<string, { default?: string; required?: boolean }>;
  outputs: Record<string, { value: string }>;
  runs: { steps: Step[] };
}

interface Workflow {
  on: unknown;
  permissions: Record<string, string>;
  concurrency: { group: string; 'cancel-in-progress'?: boolean };
  jobs: Record<string, { if?: string; steps: Step[] }>;
}

const action = parse(read(`${actionFolder}/action.yml`)) as Action;
const workflow = (name: string) => parse(read(`${workflowFolder}/${name}`)) as Workflow;

let service: CommentService;
let folder: string;
let commits: { base: string; older: string; head: string; merged: string };

/** Says what it was called with, and plays the review. */
const npm = `#!/bin/bash
printf '%s\\n' "$@" >"$PLAYED/words"
env | sort >"$PLAYED/environment"
printf '%s' "$PLAYED_ERRORS" >&2
printf '%s' "$PLAYED_TEXT"
exit "$PLAYED_CODE"
`;

function git(...words: string[]): string {
  const names = ['-c', 'user.name=a', '-c', 'user.email=a@b', '-c', 'commit.gpgsign=false'];
  const { stdout, stderr, status } = spawnSync('git', [...names, ...words], {
    cwd: join(folder, 'checkout'),
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(stderr);
  return stdout.trim();
}

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "aipi-mqtt 'action "));
  for (const name of ['checkout', 'bin', 'temp', 'played']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'bin/npm'), npm);
  chmodSync(join(folder, 'bin/npm'), 0o755);
  git('init', '-q', '-b', 'main');
  const commit = (message: string) => {
    git('commit', '-q', '--allow-empty', '-m', message);
    return git('rev-parse', 'HEAD');
  };
  const older = commit('older');
  const base = commit('base');
  git('checkout', '-q', '-b', 'change', older);
  commit('first of the change');
  const head = commit('head');
  git('checkout', '-q', '--detach', base);
  git('merge', '-q', '--no-ff', '-m', 'merged', head);
  commits = { older, base, head, merged: git('rev-parse', 'HEAD') };
});

afterAll(() => rmSync(folder, { recursive: true }));

beforeEach(async () => {
  service = new CommentService();
  await service.open();
});

afterEach(() => service.close());

interface Ended {
  code: number;
  output: string;
}

function bash(lines: string, environment: Record<string, string>): Promise<Ended> {
  const file = join(folder, 'step.sh');
  writeFileSync(file, lines);
  // As GitHub does for "shell: bash".
  const child = spawn('bash', ['--noprofile', '--norc', '-eo', 'pipefail', file], {
    cwd: join(folder, 'checkout'),
    env: {
      PATH: `${join(folder, 'bin')}:${dirname(process.execPath)}:/usr/bin:/bin`,
      HOME: folder,
      PLAYED: join(folder, 'played'),
      PLAYED_CODE: '0',
      PLAYED_TEXT: 'the review\n',
      ...environment,
    },
  });
  const parts: Buffer[] = [];
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part: Buffer) => parts.push(part));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (status) => resolve({ code: status ?? -1, output: Buffer.concat(parts).toString() }));
  });
}

interface Run extends Ended {
  /** What npm was called with. */
  words: string[];
  /** What npm found in its environment. */
  environment: string;
  outputs: Record<string, string>;
  summary: string;
}

interface Job {
  inputs?: Record<string, string>;
  /** Variables of the job and of the step that uses the action. */
  environment?: Record<string, string>;
  /** Undefined for no pull request. */
  pull?: { number: string; base: string };
}

/** The action, step by step, with what GitHub puts in the place of expressions. */
async function run({ inputs = {}, environment = {}, pull }: Job, steps = action.runs.steps): Promise<Run> {
  const values: Record<string, string> = {
    'github.token': token,
    'github.event.pull_request.base.sha': pull?.base ?? '',
    'github.event.pull_request.number': pull?.number ?? '',
  };
  const filled = (text: unknown): string =>
    String(text).replace(/\$\{\{ (.*?) \}\}/g, (_, name: string) => {
      const value = values[name] ?? (name.startsWith('steps.') ? '' : undefined);
      if (value === undefined) throw new Error(`nobody knows ${name}`);
      return value;
    });
  for (const [name, { default: usual = '' }] of Object.entries(action.inputs)) {
    values[`inputs.${name}`] = inputs[name] ?? filled(usual);
  }
  const summary = join(folder, 'summary');
  writeFileSync(summary, '');
  for (const name of readdirSync(join(folder, 'played'))) rmSync(join(folder, 'played', name));
  let ended: Ended = { code: 0, output: '' };
  for (const step of steps) {
    const told = join(folder, 'told');
    writeFileSync(told, '');
    const own = Object.entries(step.env ?? {}).map(([name, value]) => [name, filled(value)]);
    const { AIPI_REVIEW_NUMBER: _, ...github } = service.github;
    const { code, output } = await bash(step.run ?? '', {
      ...github,
      ...environment,
      GITHUB_OUTPUT: told,
      GITHUB_STEP_SUMMARY: summary,
      GITHUB_ACTION_PATH: join(root, actionFolder),
      GITHUB_SHA: commits.merged,
      RUNNER_TEMP: join(folder, 'temp'),
      ...Object.fromEntries(own),
    });
    for (const [, name = '', value = ''] of readFileSync(told, 'utf8').matchAll(/^(\w+)=(.*)$/gm)) {
      values[`steps.${step.id}.outputs.${name}`] = value;
    }
    ended = { code, output: ended.output + output };
    if (code !== 0) break;
  }
  const outputs = Object.entries(action.outputs).map(([name, { value }]) => [name, filled(value)]);
  const played = (name: string) => {
    const path = join(folder, 'played', name);
    return existsSync(path) ? readFileSync(path, 'utf8').trimEnd() : '';
  };
  return {
    ...ended,
    words: played('words').split('\n'),
    environment: played('environment'),
    outputs: Object.fromEntries(outputs),
    summary: readFileSync(summary, 'utf8'),
  };
}

/** Only as far as npm is called. */
async function wordsOf(job: Job): Promise<string[]> {
  return (await run(job, action.runs.steps.slice(0, 1))).words;
}

const pull = () => ({ number: '7', base: commits.base });
const cloud = { PULUMI_ACCESS_TOKEN: 'pul-0123456789' };

describe('the action', () => {
  test.each([
    [0, 'the review\n', ''],
    [1, 'the review\n', ''],
    [2, '', 'Setting up\nno such stack\n'],
  ])('ends with %i as the review does, with the comment made and its outputs set', async (code, text, errors) => {
    const played = { PLAYED_CODE: String(code), PLAYED_TEXT: text, PLAYED_ERRORS: errors };
    const ended = await run({ inputs: { stack: 'prod' }, environment: { ...cloud, ...played }, pull: pull() });
    expect(ended).toMatchObject({ code, outputs: { code: String(code) }, summary: '' });
    expect(ended.output).toContain(errors);
    expect(readFileSync(ended.outputs.text ?? '', 'utf8')).toBe(text);
    const expected = code === 2 ? /could not be made.*```text\nno such stack\n```\n$/s : /^<!--.*-->\nthe review\n$/;
    expect(service.comments.map(({ body }) => body)).toEqual([expect.stringMatching(expected)]);
    expect(service.comments[0]?.body.startsWith(marker)).toBe(true);
  });

  test('asks for a review of the stack against what the pull request is merged into', async () => {
    const words = await wordsOf({ inputs: { stack: 'prod' }, environment: cloud, pull: pull() });
    expect(words).toEqual(['run', '-s', 'review', '--', 'prod', '--base', commits.base]);
  });

  test('takes the base of the trial merge, where the event names an older one', async () => {
    const job = { inputs: { stack: 'prod' }, environment: cloud, pull: { number: '7', base: commits.older } };
    expect((await wordsOf(job)).slice(5)).toEqual(['--base', commits.base]);
    git('checkout', '-q', commits.head);
    try {
      expect((await wordsOf(job)).slice(5)).toEqual(['--base', commits.older]);
    } finally {
      git('checkout', '-q', commits.merged);
    }
  });

  test('passes on a base and levels, as one word each', async () => {
    const inputs = { stack: 'prod', base: 'v1 $(touch x); `id`', 'fail-on': 'tls-weakened,drift' };
    const words = await wordsOf({ inputs, environment: cloud, pull: pull() });
    expect(words.slice(4)).toEqual(['prod', '--base', inputs.base, '--fail-on', 'tls-weakened,drift']);
  });

  test.each([
    ['neither a backend nor a token is there', {}, ['--from', 'base']],
    ['both are empty', { PULUMI_BACKEND_URL: '', PULUMI_ACCESS_TOKEN: '' }, ['--from', 'base']],
    ['there is a backend', { PULUMI_BACKEND_URL: 's3://state' }, []],
    ['there is a token', cloud, []],
  ])('where %s, it asks for what can be known', async (_, environment, expected) => {
    const words = await wordsOf({ inputs: { stack: 'prod' }, environment, pull: pull() });
    expect(words.slice(7)).toEqual(expected);
  });

  test('looks at the broker, without a pull request, and reports in the summary', async () => {
    const inputs = { stack: 'prod', look: 'true', 'fail-on': 'drift', comment: 'false' };
    const ended = await run({ inputs, environment: { PLAYED_CODE: '1' } });
    expect(ended.words.slice(4)).toEqual(['prod', '--fail-on', 'drift', '--look']);
    expect(ended).toMatchObject({ code: 1, outputs: { code: '1' }, summary: 'the review\n\n' });
    expect(service.requests).toEqual([]);
  });

  test('does not comment where that is not wanted', async () => {
    const inputs = { stack: 'prod', comment: 'false' };
    const { summary } = await run({ inputs, environment: cloud, pull: pull() });
    expect(summary).toBe('the review\n\n');
    expect(service.requests).toEqual([]);
  });

  test('leaves out variables that are empty, and keeps the token from the program', async () => {
    const empty = { PULUMI_CONFIG_PASSPHRASE: '', AWS_ACCESS_KEY_ID: '', AWS_REGION: 'eu-1', ...cloud };
    const { environment } = await run({ inputs: { stack: 'prod' }, environment: empty, pull: pull() });
    expect(environment.match(/^(PULUMI|AWS)_.*$/gm)).toEqual(['AWS_REGION=eu-1', 'PULUMI_ACCESS_TOKEN=pul-0123456789']);
    expect(environment).not.toContain(token);
    expect(new Set(service.requests.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${token}`]));
  });

  test('says no secret', async () => {
    const secrets = { ...cloud, PULUMI_CONFIG_PASSPHRASE: 'correct horse' };
    service.fault = () => ({ status: 403, body: { message: token } });
    const { output, summary } = await run({ inputs: { stack: 'prod' }, environment: secrets, pull: pull() });
    expect(summary).toBe('the review\n\n');
    expect(output).toContain('No comment was made or changed');
    for (const secret of [token, ...Object.values(secrets)]) expect(output + summary).not.toContain(secret);
  });

  test('refuses a name that is none, such as an option', async () => {
    const { code, output } = await run({ inputs: { stack: '--help' }, environment: cloud, pull: pull() });
    expect({ code, output }).toEqual({ code: 2, output: expect.stringContaining('"--help" is no name of a stack') });
    expect(service.requests).toEqual([]);
  });
});

describe('the files', () => {
  const workflows = readdirSync(join(root, workflowFolder));
  const ready = ['drift.yml', 'review.yml'];

  test('put nothing from outside into a line of a shell', () => {
    const steps = [
      ...action.runs.steps,
      ...workflows.flatMap((name) => Object.values(workflow(name).jobs).flatMap((job) => job.steps)),
    ];
    const lines = steps.map(({ run: line }) => line ?? '');
    expect(lines.filter((line) => line !== '').length).toBeGreaterThan(2);
    expect(lines.filter((line) => line.includes('${{'))).toEqual([]);
    expect(steps.filter(({ run: line, shell }) => line?.includes('\n') && shell !== 'bash')).toEqual([]);
  });

  test.each(workflows)('%s runs no stranger with rights, and keeps its token from the checkout', (name) => {
    const { on, permissions, jobs } = workflow(name);
    expect(JSON.stringify(on)).not.toContain('pull_request_target');
    expect(permissions).toEqual({ contents: 'read', ...(name === 'review.yml' && { 'pull-requests': 'write' }) });
    const checkouts = Object.values(jobs).flatMap(({ steps }) =>
      steps.filter(({ uses = '' }) => uses.startsWith('actions/checkout@')),
    );
    expect(checkouts).toHaveLength(1);
    expect(checkouts[0]?.with).toMatchObject({ 'persist-credentials': false });
  });

  test.each(ready)('%s waits for a variable that names the stack', (name) => {
    const jobs = Object.values(workflow(name).jobs);
    expect(jobs).toHaveLength(1);
    const [, variable] = jobs[0]?.if?.match(/^vars\.(AIPI_\w+_STACK) != ''/) ?? [];
    const uses = jobs[0]?.steps.find((step) => step.uses === `./${actionFolder}`);
    expect(uses?.with?.stack).toBe(`\${{ vars.${variable} }}`);
  });

  test.each(ready)('%s gives the action what it knows, and the variables of Pulumi by the environment', (name) => {
    const uses = workflow(name).jobs[name.replace('.yml', '')]?.steps.find((step) => step.uses === `./${actionFolder}`);
    expect(Object.keys(action.inputs)).toEqual(expect.arrayContaining(Object.keys(uses?.with ?? {})));
    expect(Object.keys(uses?.env ?? {})).toEqual(
      expect.arrayContaining(['PULUMI_BACKEND_URL', 'PULUMI_ACCESS_TOKEN', 'PULUMI_CONFIG_PASSPHRASE']),
    );
  });

  test('the review has the revision that it compares with, and does not overtake an earlier one', () => {
    const { jobs, concurrency } = workflow('review.yml');
    expect(jobs.review?.steps[0]?.with).toMatchObject({ 'fetch-depth': 0 });
    expect(concurrency.group).toMatch(/^review-\$\{\{ github\.event\.pull_request\.number \}\}$/);
    expect(concurrency['cancel-in-progress']).toBeUndefined();
  });
});

describe('the job for GitLab', () => {
  const blocks = readMarkdown(read('docs/review.md')).codeBlocks.filter(({ language }) => language === 'yaml');
  const job = blocks.map(({ code }) => parse(code)).find((block) => block?.review?.script !== undefined)?.review;

  async function runJob(environment: Record<string, string>): Promise<Ended & { words: string[] }> {
    const checkout = join(folder, 'checkout', dirname(actionFolder));
    mkdirSync(checkout, { recursive: true });
    spawnSync('cp', ['-r', join(root, actionFolder), checkout]);
    const ended = await bash(job.script.join('\n'), {
      ...service.gitlab,
      AIPI_REVIEW_STACK: 'prod',
      AIPI_REVIEW_TOKEN: token,
      CI_MERGE_REQUEST_DIFF_BASE_SHA: commits.older,
      TMPDIR: join(folder, 'temp'),
      ...environment,
    });
    rmSync(join(folder, 'checkout/.github'), { recursive: true });
    return { ...ended, words: readFileSync(join(folder, 'played/words'), 'utf8').trimEnd().split('\n') };
  }

  test('is of merge requests, with the whole history, and waits for a variable', () => {
    expect(job.rules).toEqual([{ if: '$CI_PIPELINE_SOURCE == "merge_request_event" && $AIPI_REVIEW_STACK' }]);
    expect(job.variables).toEqual({ GIT_DEPTH: 0 });
  });

  test.each([0, 1, 2])('ends with %i as the review does, with the note made', async (code) => {
    const played = { PLAYED_CODE: String(code), PLAYED_TEXT: code === 2 ? '' : 'the review\n', PLAYED_ERRORS: 'why\n' };
    const ended = await runJob({ ...cloud, ...played });
    expect(ended).toMatchObject({ code, output: expect.stringContaining('why\n') });
    expect(ended.words).toEqual(['run', '-s', 'review', '--', 'prod', '--base', commits.older]);
    expect(service.changes).toEqual(['POST /projects/12/merge_requests/7/notes']);
    expect(service.comments[0]?.body).toMatch(code === 2 ? /could not be made.*\nwhy\n/s : /\nthe review\n$/);
  });

  test('takes the base of the merged result where there is one, and asks for what can be known', async () => {
    const { words } = await runJob({ CI_MERGE_REQUEST_TARGET_BRANCH_SHA: commits.base });
    expect(words.slice(4)).toEqual(['prod', '--base', commits.base, '--from', 'base']);
  });
});
