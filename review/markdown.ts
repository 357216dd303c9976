/**
 * A review as Markdown for the comment of a pull request.
 *
 * GitHub takes 65,536 characters, and so few that what is trimmed must not be chance: the verdict is never trimmed, then
 * come the sections, then what the engine says. Whatever somebody else has written stands in code spans: there it is no
 * link, no image and nobody's name.
 */

import { unquoted } from '../mosquitto/quoted';
import type { EngineStep, Review } from './form';
import { againstWords, type Display, type Section, sectionsOf, warningsOf } from './text';
import { headlineOf } from './verdict';

/** Most bytes of a review: what a comment adds to it has room, and characters are never more than bytes. */
export const mostBytes = 60_000;
/** Most bytes of what the engine says. */
const mostOfEngine = 16_000;
/** Characters of one text; longer ones are cut. */
const mostOfText = 300;
/** Reasons of the verdict. */
const mostReasons = 10;
/** Lines of a section, tried one after the other until the whole has room. */
const linesTried = [40, 20, 10, 5, 2];

const display: Display = { name: code, sentence: prose };

export function markdownOf(review: Review): string {
  const sections = sectionsOf(review, display);
  const summary = summaryOf(review, sections);
  const bodies = linesTried.map((most) => [...summary, ...sections.flatMap((section) => sectionLines(section, most))]);
  const room = mostBytes - mostOfEngine;
  const body = bodies.find((lines) => bytesOf(lines) <= room) ?? cut(bodies.at(-1) ?? summary, room);
  return `${[...body, ...engineLines(review)].join('\n').trimEnd()}\n`;
}

function summaryOf(review: Review, sections: readonly Section[]): string[] {
  const { stack, verdict, against } = review;
  const warnings = warningsOf(review, display).map(({ fails, words }) => `- ${fails ? '**Fails**' : 'Note'}: ${words}`);
  const titles = sections.map(({ title, lines }) => `${title} (${lines.length})`).join(' · ');
  return [
    `### MQTT broker of ${code(stack)}`,
    '',
    `**${headlineOf(verdict, against.source === 'nothing', code)}**`,
    '',
    ...reasonLines(verdict),
    againstWords(review, code),
    '',
    ...(verdict.refused.length > 0 ? ['What follows is what it would mean if it were not refused.', ''] : []),
    ...(warnings.length === 0 ? [] : [...warnings, '']),
    ...(sections.length === 0 ? [] : [titles, '']),
  ];
}

/** Why it is refused, or everybody is disconnected. */
function reasonLines({ refused, disconnected, because }: Review['verdict']): string[] {
  const reasons = refused.length > 0 ? refused : disconnected === 'everybody' ? because : [];
  const more = reasons.length > mostReasons ? [`- and ${reasons.length - mostReasons} more`] : [];
  return reasons.length === 0 ? [] : [...reasons.slice(0, mostReasons).map((each) => `- ${prose(each)}`), ...more, ''];
}

function sectionLines({ title, lines }: Section, most: number): string[] {
  const more = lines.length > most ? [`- and ${lines.length - most} more`] : [];
  return [`#### ${title}`, '', ...lines.slice(0, most).map((line) => `- ${line}`), ...more, ''];
}

/** Folded: what the engine calls the same change. */
function engineLines({ engine: { steps, why } }: Review): string[] {
  if (steps === null) return [`The engine's own preview is not here: ${code(why ?? '')}`];
  if (steps.length === 0) return ['The engine changes no resource.'];
  const lines = steps.map(stepLine);
  const fitting = lines.slice(0, fittingIn(lines, mostOfEngine - 1_000));
  const more = lines.length > fitting.length ? [`and ${lines.length - fitting.length} more`] : [];
  return [
    `<details><summary>The engine's own preview: ${steps.length} ${steps.length === 1 ? 'resource' : 'resources'}</summary>`,
    '',
    '```text',
    ...fitting,
    ...more,
    '```',
    '',
    '</details>',
  ];
}

/** The first lines of a text that is too long however few lines each section has; the summary is never as long. */
function cut(lines: readonly string[], mostBytes: number): string[] {
  const note = 'There is no room here for the rest.';
  return [...lines.slice(0, fittingIn(lines, mostBytes - note.length - 3)), '', note, ''];
}

/** How many lines, from the first one on, have room. */
function fittingIn(lines: readonly string[], mostBytes: number): number {
  let bytes = 0;
  const over = lines.findIndex((line) => {
    bytes += bytesOf([line]);
    return bytes > mostBytes;
  });
  return over === -1 ? lines.length : over;
}

function stepLine({ operation, type, name, properties, protected: isProtected }: EngineStep): string {
  const of = properties.length === 0 ? '' : ` [${properties.join(', ')}]`;
  const line = `${operation} ${type} ${name}${of}${isProtected ? ' (protected)' : ''}`;
  return shownOf(line).replaceAll('`', "'");
}

/** A text of somebody else's as a code span: its fence is longer than any row of backticks in it. */
export function code(text: string): string {
  const shown = shownOf(text);
  const longest = Math.max(0, ...(shown.match(/`+/g) ?? []).map((row) => row.length));
  const fence = '`'.repeat(longest + 1);
  const space = shown === '' || /^[` ]|[` ]$/.test(shown) ? ' ' : '';
  return `${fence}${space}${shown}${space}${fence}`;
}

/**
 * A sentence of ours stays as it is where nothing in it could be taken for a link, a name, an emphasis or a list. Else it
 * is a code span, in which our own ellipsis is no character to be named. `GH-1` is a link to an issue. Source: GitHub's
 * documentation of autolinked references.
 */
function prose(text: string): string {
  const isPlain = /^[A-Za-z0-9][A-Za-z0-9 ,.;:'()%/-]*$/.test(text) && !/www\.|\/\/|\bGH-\d|^\d+[.)]( |$)/i.test(text);
  return isPlain ? text : code(text.replaceAll('…', '...'));
}

/** What is cut anyway is not looked at: each of many topics may have 65,535 characters. */
function shownOf(text: string): string {
  return clipped(unquoted(text.slice(0, 2 * mostOfText + 2)));
}

/** Never half a character. */
function clipped(text: string): string {
  const characters = Array.from(text);
  return characters.length <= mostOfText ? text : `${characters.slice(0, mostOfText).join('')}…`;
}

function bytesOf(lines: readonly string[]): number {
  return lines.reduce((sum, line) => sum + Buffer.byteLength(line) + 1, 0);
}
