/** Says what is wrong with a deployed broker, the cause first. It changes nothing. */

import { exitCode, type Finding, type Unseen, weights } from '../doctor/finding';
import { say } from '../setup/progress';
import { type Examination, examine } from './examination/examination';
import type { Asked } from './options';
import { knownOf } from './stack/known';

/** What could not be looked at all. */
const nothingSeen = 2;

export async function doctor({ stack, options: { json } }: Asked): Promise<number> {
  try {
    const examination = await examine(await knownOf(stack));
    const { findings, unseen } = examination;
    if (json) process.stdout.write(`${JSON.stringify(examination)}\n`);
    else process.stdout.write(`${examinationWords(examination)}\n`);
    return exitCode(findings, unseen);
  } catch (error) {
    say((error as Error).message);
    return nothingSeen;
  }
}

/** The whole of an examination for people. */
export function examinationWords({ stack, container, findings, unseen }: Examination): string {
  return [
    ...findings.flatMap(findingLines),
    ...(unseen.length === 0 ? [] : ['Not looked at:', ...unseen.map(unseenLine)]),
    summary(stack, container, findings, unseen),
  ].join('\n');
}

const signs = { critical: '✗', warning: '!', note: '–' } as const;

function findingLines({ kind, weight, says, remedy, run }: Finding): string[] {
  return [`${signs[weight]} ${kind}: ${says}`, `    ${remedy}`, ...run.map((command) => `    $ ${command}`), ''];
}

function unseenLine({ what, why }: Unseen): string {
  return `  ${what}: ${why}`;
}

function summary(stack: string, container: string, findings: readonly Finding[], unseen: readonly Unseen[]): string {
  const counts = weights.flatMap((weight) => {
    const count = findings.filter((each) => each.weight === weight).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? weight : plurals[weight]}`];
  });
  if (counts.length > 0) return `${container}: ${counts.join(', ')}`;
  const rest = unseen.length === 0 ? '' : ', as far as could be looked';
  return `${container}: nothing was found${rest}; "npm run verify -- ${stack}" proves it by real MQTT`;
}

const plurals = { critical: 'critical', warning: 'warnings', note: 'notes' } as const;
