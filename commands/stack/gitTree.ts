/**
 * Files of a revision, read from git as they are stored: nothing of the revision is checked out, filtered or run.
 */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdirSync, openSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { quoted } from '../../mosquitto/quoted';
import { lastLines, run } from '../../setup/processes';

/** What a revision, or a clone, cannot tell; the message is one sentence. */
export class Unknowable extends Error {
  /** @param keys of the configuration whose values nobody here can read */
  constructor(
    message: string,
    readonly keys: readonly string[] = [],
  ) {
    super(message);
  }
}

interface Entry {
  mode: string;
  object: string;
}

const modes = { folder: '040000', link: '120000', submodule: '160000' };

/** The largest file that is read: a list of 100,000 devices takes a tenth of it. */
const mostMebibytes = 64;

/** The first bytes of what stands in the place of a file that is kept elsewhere. Source: the specification of Git LFS. */
const pointer = 'version https://git-lfs.github.com/spec/';

/** The folder of a project at a revision. */
export class GitTree {
  private readonly folders = new Map<string, Promise<Map<string, Entry>>>();

  private constructor(
    private readonly source: string,
    /** The whole name of the commit. */
    readonly commit: string,
    /** Folder of the project inside of the repository. */
    private readonly prefix: readonly string[],
  ) {}

  /**
   * @param source folder of the project, in a clone
   * @param revision as a person writes it: a branch, a tag, a commit
   * @throws Unknowable where there is no clone, or nothing of that name in it
   */
  static async at(source: string, revision: string): Promise<GitTree> {
    const prefix = await git(source, ['rev-parse', '--show-prefix']).catch((error: Error) => {
      throw new Unknowable(repositoryProblem(source, error.message));
    });
    const words = ['rev-parse', '--verify', '--quiet', '--end-of-options', `${revision}^{commit}`];
    const commit = await git(source, words).catch(() => {
      throw new Unknowable(missingRevision(revision));
    });
    return new GitTree(source, commit.trim(), levelsOf(prefix.replace(/\n$/, '')));
  }

  /**
   * Writes a file of the revision below a folder.
   *
   * @param path in the folder of the project, without ".."
   * @returns whether there is such a file; a folder in its place is none, and is made
   * @throws Unknowable where what is in its place does not say what the file holds
   */
  async write(path: string, folder: string): Promise<boolean> {
    const entry = await this.entry(path);
    if (entry === undefined) return false;
    if (entry.mode === modes.folder) {
      mkdirSync(join(folder, path), { recursive: true, mode: 0o700 });
      return false;
    }
    const bytes = Number(await this.git(['cat-file', '-s', entry.object]));
    if (bytes > mostMebibytes * 1_048_576) {
      throw new Unknowable(`${quoted(path)} is larger than ${mostMebibytes} MiB at ${this.shown}, and is not read`);
    }
    const target = join(folder, path);
    mkdirSync(dirname(target), { recursive: true, mode: 0o700 });
    await this.stored(entry.object, target);
    if (readFileSync(target).subarray(0, pointer.length).toString('latin1') === pointer) {
      throw new Unknowable(`${quoted(path)} is kept by Git LFS, and ${this.shown} does not hold what is in it`);
    }
    return true;
  }

  /** What is at a path; links and submodules on the way are not followed. */
  private async entry(path: string): Promise<Entry | undefined> {
    let entry: Entry | undefined = { mode: modes.folder, object: `${this.commit}^{tree}` };
    const levels = [...this.prefix, ...levelsOf(path)];
    for (const [index, level] of levels.entries()) {
      if (entry === undefined || entry.mode !== modes.folder) return undefined;
      entry = (await this.folder(entry.object)).get(level);
      const shown = quoted(levels.slice(0, index + 1).join('/'));
      if (entry?.mode === modes.link) {
        throw new Unknowable(
          `${shown} is a symbolic link at ${this.shown}, which is not followed; write the file itself`,
        );
      }
      if (entry?.mode === modes.submodule) {
        throw new Unknowable(`${shown} is a submodule at ${this.shown}, whose files are of another repository`);
      }
    }
    return entry;
  }

  private folder(object: string): Promise<Map<string, Entry>> {
    const known = this.folders.get(object) ?? this.listed(object);
    this.folders.set(object, known);
    return known;
  }

  private async listed(object: string): Promise<Map<string, Entry>> {
    const lines = (await this.git(['ls-tree', '-z', '--full-tree', object])).split('\0').filter((line) => line !== '');
    return new Map(
      lines.map((line) => {
        const [facts = '', name = ''] = [line.slice(0, line.indexOf('\t')), line.slice(line.indexOf('\t') + 1)];
        const [mode = '', , id = ''] = facts.split(' ');
        return [name, { mode, object: id }];
      }),
    );
  }

  /** As git has it: `cat-file` knows nothing of filters and line ends. */
  private async stored(object: string, target: string): Promise<void> {
    const file = openSync(target, 'w', 0o600);
    try {
      const child = spawn('git', ['-C', this.source, 'cat-file', 'blob', object], {
        env: environment(),
        stdio: ['ignore', file, 'pipe'],
      });
      let said = '';
      child.stderr?.on('data', (data) => {
        said += String(data);
      });
      const [code] = (await once(child, 'close')) as [number | null];
      if (code !== 0) throw new Unknowable(this.unread(said));
    } finally {
      closeSync(file);
    }
  }

  private git(words: string[]): Promise<string> {
    return git(this.source, words).catch((error: Error) => {
      throw new Unknowable(this.unread(error.message));
    });
  }

  private unread(said: string): string {
    return `git cannot read ${this.shown}: ${reasonIn(said)}`;
  }

  private get shown(): string {
    return this.commit.slice(0, 12);
  }
}

function git(source: string, words: string[]): Promise<string> {
  return run('git', ['-C', source, ...words], { env: environment() });
}

/** Which repository is read says the folder alone, also within a hook of git, and nobody is asked for a password. */
function environment(): NodeJS.ProcessEnv {
  const { GIT_DIR: _dir, GIT_WORK_TREE: _tree, GIT_INDEX_FILE: _index, GIT_PREFIX: _prefix, ...others } = process.env;
  return { ...others, LC_ALL: 'C', GIT_TERMINAL_PROMPT: '0', GIT_OPTIONAL_LOCKS: '0', GIT_NO_REPLACE_OBJECTS: '1' };
}

function repositoryProblem(source: string, said: string): string {
  if (/ENOENT/.test(said)) return 'git is not installed, and without it no revision can be read; install git';
  if (/not a git repository/.test(said)) {
    return `${quoted(source)} is in no git repository, so no revision can be read; run it in a clone`;
  }
  return `git cannot read the repository at ${quoted(source)}: ${reasonIn(said)}`;
}

function missingRevision(revision: string): string {
  const name = revision.replace(/^(refs\/remotes\/)?origin\//, '');
  const remedy = /^[\w][\w./-]*$/.test(name) ? `fetch it: git fetch origin ${name}` : 'fetch it, or correct its name';
  return `there is no revision ${quoted(revision)} in this clone, which may be a shallow one; ${remedy}`;
}

function reasonIn(said: string): string {
  return lastLines(said)
    .replace(/^git: /, '')
    .replace(/^fatal: /, '');
}

function levelsOf(path: string): string[] {
  return path.split('/').filter((level) => level !== '' && level !== '.');
}
