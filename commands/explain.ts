/** Says whether a user may publish to a topic, or what reaches it by a subscription, and which line decides. */

import { closest } from 'fastest-levenshtein';
import { type Action, actions, explain as explained } from '../access/explain';
import { subscriptionProblem, topicProblem } from '../access/topic';
import { quoted, unquoted } from '../mosquitto/quoted';
import { say } from '../setup/progress';
import { notDeployedYet } from './access';
import { call } from './catalogue';
import { explanationData, explanationWords } from './explanation';
import type { Asked } from './options';
import { writtenAccess } from './stack/access';

export async function explain(asked: Asked): Promise<number> {
  const { stack, user, action, topic } = question(asked);
  const problem = action === 'publish' ? topicProblem(topic) : subscriptionProblem(topic);
  if (problem !== undefined)
    throw new Error(`${noun(action)} ${quoted(topic)} ${problem.says} (the broker would end the connection)`);
  const { model, file, placeOf } = await writtenAccess(stack);
  const explanation = explained(model, user, action, topic);
  if ('problem' in explanation) {
    const lists = `"${call('access', unquoted(stack))}" lists accounts and roles, "${call('devices', unquoted(stack))}" the devices`;
    throw new Error(`${explanation.problem} ${lists}`);
  }
  if (asked.options.json) process.stdout.write(`${JSON.stringify(explanationData(explanation, stack, placeOf))}\n`);
  else process.stdout.write(`${explanationWords(explanation, placeOf, file)}\n`);
  say(notDeployedYet(stack, file));
  return 0;
}

interface Question {
  stack: string;
  user: string;
  action: Action;
  topic: string;
}

const usage = call('explain', 'STACK USER publish|subscribe TOPIC');

/** The stack may be left out, as everywhere. */
function question({ stack, words }: Asked): Question {
  const isWithout = words.length === 2 && isAction(words[0]);
  const [user, action, topic, more] = isWithout ? [stack, ...words] : words;
  if (user === undefined || action === undefined || topic === undefined) {
    throw new Error(`explain needs a user, publish or subscribe, and a topic: ${usage}`);
  }
  if (more !== undefined) {
    throw new Error(
      `explain takes one topic, and ${quoted(more)} is one word too many; write a topic with spaces in quotes`,
    );
  }
  if (!isAction(action)) {
    throw new Error(
      `${quoted(action)} is neither publish nor subscribe; did you mean "${closest(action, [...actions])}"?`,
    );
  }
  return { stack: isWithout ? 'dev' : stack, user, action, topic };
}

function isAction(word: string | undefined): word is Action {
  return actions.some((each) => each === word);
}

function noun(action: Action): string {
  return action === 'publish' ? 'The topic' : 'The subscription';
}
