/** Says what a change means to who reviews it, wherever that is: no Docker engine is reached. */

import { writeFileSync } from 'node:fs';
import { quoted } from '../mosquitto/quoted';
import type { Review } from '../review/form';
import { type Level, levels } from '../review/levelNames';
import { markdownOf } from '../review/markdown';
import { type ReviewedSettings, SettingsError } from '../settings';
import { home } from '../setup/home';
import { say } from '../setup/progress';
import { pulumi } from '../setup/pulumi';
import type { Asked } from './options';
import { enginePreview } from './stack/enginePreview';
import { findStack } from './stack/place';
import { type Base, type Recorded, recordedIn, reviewByRecord } from './stack/reviewed';
import { revisionOf } from './stack/revision';
import { stackFile } from './stack/stackFile';
import { storedResources } from './stack/state';

/** Exit codes, as those of diff(1): nothing of what was asked for is so, something is, or nobody knows. */
const codes = { clear: 0, found: 1, trouble: 2 } as const;

export async function review({ stack, options }: Asked): Promise<number> {
  const { json = false, out, look = false } = options;
  try {
    // A variable of a pipeline that is not set is nobody's decision.
    const failOn = options.failOn?.trim() ? levelsIn(options.failOn) : undefined;
    const made = withLevels(
      await (look ? (await import('./reviewLook')).looked(stack) : compared(stack, options.base, options.from)),
      failOn,
    );
    const text = json ? `${JSON.stringify(made)}\n` : markdownOf(made);
    if (out === undefined) process.stdout.write(text);
    else write(out, text);
    return made.levels.some(({ fails }) => fails) ? codes.found : codes.clear;
  } catch (error) {
    // In one line: a pipeline takes the last one for the reason.
    say((error as Error).message.replace(/\s*\n\s*/g, ' '));
    return codes.trouble;
  }
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new Error(`--out: ${quoted(path)} cannot be written (${code}); name a file in a folder that is there`);
  }
}

/** Those of the command line count in place of those of the stack file. */
function withLevels(made: Review, failOn: readonly Level[] | undefined): Review {
  if (failOn === undefined) return made;
  return { ...made, levels: made.levels.map((each) => ({ ...each, fails: failOn.includes(each.level) })) };
}

function levelsIn(words: string): Level[] {
  return words
    .split(',')
    .map((word) => word.trim())
    .filter((word) => word !== '')
    .map((word) => {
      const level = levels.find((each) => each === word);
      if (level !== undefined) return level;
      throw new Error(`--fail-on: "${word}" is no level; write some of ${levels.join(', ')}`);
    });
}

/** By the state, and the revision where one is named; or by two revisions alone. */
async function compared(stack: string, revision: string | undefined, from = 'state'): Promise<Review> {
  if (from !== 'state' && from !== 'base')
    throw new Error(`--from: "${from}" is neither state nor base; write one of them`);
  if (from === 'base' && revision === undefined) throw new Error('--from base needs a revision; write --base REV, too');
  const withoutState = { recorded: undefined, engine: 'it needs the state of the stack, which is not here' };
  // The engine takes longer than all the rest.
  const state = from === 'base' ? Promise.resolve(withoutState) : fromState(stack);
  state.catch(() => {});
  const head = await present(stack);
  const { base, unknown } = revision === undefined ? { base: undefined, unknown: [] } : await baseAt(stack, revision);
  if (from === 'base' && base === undefined) throw new Error(unknown.join('; '));
  return reviewByRecord({ stack, head, base, ...(await state), unknown, now: Date.now() });
}

/** The stack file as it is. No secret is read, so that none can be told. */
async function present(stack: string): Promise<ReviewedSettings> {
  const read = await revisionOf(stack);
  if (read.kind === 'settings') return read.settings;
  if (read.kind === 'refused') throw new SettingsError(read.problems);
  throw new Error(
    read.kind === 'unknown'
      ? `A review reads no secrets: ${read.says}; encrypt private keys and their passphrases alone`
      : `There is no Pulumi.${stack}.yaml; name another stack`,
  );
}

/** The revision that the change is made on; what of it cannot be read is unknown. */
async function baseAt(stack: string, revision: string): Promise<{ base: Base | undefined; unknown: string[] }> {
  const read = await revisionOf(stack, revision);
  if (read.kind === 'settings')
    return { base: { commit: read.commit ?? revision, settings: read.settings }, unknown: [] };
  if (read.kind === 'none') return { base: { commit: revision, settings: null }, unknown: [] };
  const why = read.kind === 'unknown' ? read.says : read.problems.join('; ');
  return { base: undefined, unknown: [`what the base revision says: ${why}`] };
}

async function fromState(
  name: string,
): Promise<{ recorded: Recorded | undefined; engine: Awaited<ReturnType<typeof enginePreview>> }> {
  const engine = await pulumi();
  const file = stackFile(home(), name);
  const { project } = file;
  const isThere = await findStack(engine, { project, name, file }, 'handed over');
  const resources = isThere ? await storedResources(engine, project, name) : [];
  const recorded = isThere ? recordedIn(resources) : undefined;
  return { recorded, engine: isThere ? await enginePreview(engine, name, file, resources) : 'there is no state yet' };
}
