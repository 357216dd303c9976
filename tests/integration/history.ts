/** A history of pull requests on one deployed stack: each is a commit of a scratch repository, reviewed and then applied. */

import { execFileSync } from 'node:child_process';
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Review, reviewForm } from '../../review/form';
import { markdownOf } from '../../review/markdown';
import { type Outcome, Project } from './project';

type Config = Record<string, unknown>;

/** A resource that the engine has changed, or would change. */
export interface Operation {
  operation: string;
  type: string;
  name: string;
}

/** What a plain `pulumi up` says that it has done, to the word that its preview has for it. */
const done: Readonly<Record<string, string>> = {
  created: 'create',
  updated: 'update',
  deleted: 'delete',
  replaced: 'replace',
};

export class History {
  readonly project = new Project();

  constructor(
    readonly stack: string,
    public config: Config,
    /** What differs from run to run, to the words that stand for it. */
    private readonly words: ReadonlyArray<readonly [string | RegExp, string]>,
  ) {
    this.git('init', '--quiet', '--initial-branch', 'main');
    appendFileSync(
      join(this.project.folder, '.git/info/exclude'),
      ['node_modules', 'home', 'state', 'logins', ''].join('\n'),
    );
    this.commit({}, 'The broker');
  }

  /** Changes the stack file in a commit of its own; a key that is undefined goes. */
  commit(changed: Config, message: string): void {
    const all = Object.entries({ ...this.config, ...changed });
    this.config = Object.fromEntries(all.filter(([, value]) => value !== undefined));
    this.project.configure(this.stack, this.config);
    this.git('add', '--all');
    this.git('-c', 'user.name=test', '-c', 'user.email=test@example.org', 'commit', '--quiet', '--message', message);
  }

  /** The review of what is checked out, as data and as the Markdown that is made of it. */
  async review(base: string): Promise<{ review: Review; markdown: string }> {
    const { stdout } = await this.project.must('review', this.stack, '--base', base, '--json');
    const review = reviewForm.parse(JSON.parse(stdout));
    return { review, markdown: this.normal(markdownOf(review)) };
  }

  /** The same review, as a person is shown it. */
  async shown(base: string): Promise<string> {
    return this.normal((await this.project.must('review', this.stack, '--base', base)).stdout);
  }

  /** @returns what became of it, and what the engine says that it did, in the order of names */
  async apply(): Promise<Outcome & { operations: Operation[] }> {
    const outcome = await this.project.run('up', this.stack);
    return { ...outcome, operations: operationsIn(outcome.stdout) };
  }

  /** A text with fixed words in the place of what differs from run to run. */
  private normal(text: string): string {
    return this.words.reduce((all, [found, word]) => all.replaceAll(found, word), text);
  }

  private git(...words: string[]): void {
    const env = { ...process.env, GIT_CONFIG_GLOBAL: '/dev/null', GIT_CONFIG_NOSYSTEM: '1' };
    execFileSync('git', words, { cwd: this.project.folder, env });
  }
}

/** Source: what `pulumi up` prints without a terminal, such as ` ~  command:local:Command delivery updated (3s)`. */
function operationsIn(text: string): Operation[] {
  const lines = text.matchAll(
    /^ *[-+~]+ +(\S+) (\S+) (created|updated|deleted|replaced)\b(?! (?:original|replacement))/gm,
  );
  const all = [...lines].map(([, type = '', name = '', word = '']) => ({ operation: done[word] ?? word, type, name }));
  const named = new Map(all.map((each) => [`${each.name} ${each.type}`, each]));
  return [...named].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, each]) => each);
}
