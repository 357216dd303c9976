/**
 * Program: posts a review as one comment of a pull request at GitHub, or of a merge request at GitLab, and keeps that
 * comment up to date. Where it may not comment, the review goes to the summary of the job, or else to its log.
 *
 * It ends as the review did: 0 where nothing of --fail-on is so, 1 where a level is, 2 where there is no review.
 *
 * From the environment, beside what GitHub and GitLab set themselves:
 * - AIPI_REVIEW_STACK: the stack
 * - AIPI_REVIEW_CODE: exit code of `npm run review`
 * - AIPI_REVIEW_TEXT, AIPI_REVIEW_ERRORS: files with what it wrote to standard output and to standard error
 * - AIPI_REVIEW_TOKEN: comments
 * - AIPI_REVIEW_COMMENT: "false" for the summary alone
 * - AIPI_REVIEW_NUMBER: number of the pull request; GitLab tells it itself
 */

import { appendFileSync, readFileSync } from 'node:fs';
import { stripVTControlCharacters } from 'node:util';

const env = process.env;
const stack = env.AIPI_REVIEW_STACK ?? '';
const marker = `<!-- aipi-mqtt review: ${stack} -->`;

/** Each call gets 30 s, and everything is tried four times; a service that asks for more than a minute is not waited for. */
const patience = { callMs: 30_000, firstWaitMs: 250, growth: 4, attempts: 4, longestWaitMs: 60_000 };
const reasonCharacters = 500;
/** Shorter values stand in words that are no secret. */
const secretCharacters = 6;

/** The calls of each service, oldest comment first, and the characters of a comment above which it refuses it. */
const services = {
  github: () => ({
    api: env.GITHUB_API_URL,
    comments: `/repos/${env.GITHUB_REPOSITORY}/issues/${env.AIPI_REVIEW_NUMBER}/comments`,
    order: 'per_page=100',
    comment: (id) => `/repos/${env.GITHUB_REPOSITORY}/issues/comments/${id}`,
    change: 'PATCH',
    author: ({ user }) => user?.login,
    // Of an app, such as the one behind the job's own token, GET /user tells nothing.
    owner: async () => {
      const { data } = (await call('POST', env.GITHUB_GRAPHQL_URL, { query: '{ viewer { login } }' })).answer;
      return data.viewer.login;
    },
    isThere: Boolean(env.AIPI_REVIEW_NUMBER),
    limit: 65_536,
  }),
  gitlab: () => {
    const notes = `/projects/${env.CI_MERGE_REQUEST_PROJECT_ID}/merge_requests/${env.CI_MERGE_REQUEST_IID}/notes`;
    return {
      api: env.CI_API_V4_URL,
      comments: notes,
      order: 'per_page=100&order_by=created_at&sort=asc',
      comment: (id) => `${notes}/${id}`,
      change: 'PUT',
      author: ({ author }) => author?.username,
      owner: async () => (await call('GET', `${env.CI_API_V4_URL}/user`)).answer.username,
      isThere: Boolean(env.CI_MERGE_REQUEST_IID),
      limit: 1_000_000,
    };
  },
};
const isGitLab = env.GITLAB_CI === 'true';
const service = isGitLab ? services.gitlab() : services.github();

/** An answer that is none. */
class Refusal extends Error {
  constructor({ status, headers }) {
    super(`the answer was ${status}`);
    this.status = status;
    this.retryAfterMs = millisecondsOf(headers.get('retry-after'));
    // GitHub's second kind of limit comes as 403.
    this.passes = status >= 500 || status === 429 || (status === 403 && this.retryAfterMs !== undefined);
  }
}

/** Of a Retry-After: seconds, or a date. */
function millisecondsOf(value) {
  if (value === null) return undefined;
  const milliseconds = /^\d+$/.test(value) ? Number(value) * 1_000 : Date.parse(value) - Date.now();
  return Number.isNaN(milliseconds) ? undefined : Math.max(0, milliseconds);
}

async function call(method, url, content) {
  const response = await fetch(url, {
    method,
    headers: {
      Authorization: `Bearer ${(env.AIPI_REVIEW_TOKEN ?? '').trim()}`,
      Accept: 'application/json',
      'User-Agent': 'aipi-mqtt',
      ...(content !== undefined && { 'Content-Type': 'application/json' }),
    },
    body: content === undefined ? undefined : JSON.stringify(content),
    // The token goes nowhere else.
    redirect: 'manual',
    signal: AbortSignal.timeout(patience.callMs),
  });
  const text = await response.text();
  if (!response.ok) throw new Refusal(response);
  return { answer: JSON.parse(text), next: nextPage(response) };
}

/** Undefined on the last page. */
function nextPage({ url, headers }) {
  const [, next] = (headers.get('link') ?? '').match(/<([^>]*)>;\s*rel="?next\b/) ?? [];
  if (next === undefined) return undefined;
  if (new URL(next, url).origin !== new URL(url).origin) throw new Error('the next page is said to be elsewhere');
  return new URL(next, url).href;
}

/** The first comment with the marker that the token's owner has written; others may quote it. */
async function ownComment() {
  const marked = [];
  let url = `${service.api + service.comments}?${service.order}`;
  while (url !== undefined) {
    const { answer, next } = await call('GET', url);
    marked.push(...answer.filter(({ body }) => body?.startsWith(marker)));
    url = next;
  }
  if (marked.length === 0) return undefined;
  const owner = await service.owner();
  return marked.find((comment) => service.author(comment) === owner);
}

async function keep(body) {
  const own = await ownComment();
  if (own === undefined) await call('POST', service.api + service.comments, { body });
  else if (plain(own.body) !== plain(body)) await call(service.change, service.api + service.comment(own.id), { body });
}

/** Services keep line ends, and what is around a text, in their own way. */
function plain(text) {
  return text.replaceAll('\r\n', '\n').trim();
}

/** Begins anew at each attempt: a comment may have been made though the answer got lost. */
async function keepPatiently(body) {
  for (let attempt = 1; ; attempt += 1) {
    try {
      await keep(body);
      return;
    } catch (error) {
      const isPassing = error instanceof Refusal ? error.passes : isUnreached(error);
      const wait = error.retryAfterMs ?? patience.firstWaitMs * patience.growth ** (attempt - 1);
      if (!isPassing || attempt === patience.attempts || wait > patience.longestWaitMs) throw error;
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  }
}

function isUnreached({ name, cause }) {
  return name === 'TimeoutError' || cause?.code !== undefined;
}

/** In our own words: a message of fetch may hold the token. */
function words(error) {
  if (error.status === 401) return 'the token is not valid';
  if (error.status === 403 || error.status === 404) {
    return `the token may not do it (${error.status}), as that of a fork's pull request`;
  }
  if (error instanceof Refusal) return error.message;
  if (isUnreached(error)) return `the service cannot be reached (${error.cause?.code ?? error.name})`;
  return `its answer is not understood (${error.name})`;
}

/** Leaves out what the environment holds as a secret. */
function clean(text) {
  const secrets = Object.entries(env)
    .filter(([name]) => /TOKEN|SECRET|PASS|CREDENTIAL|ACCESS_KEY|PRIVATE/i.test(name))
    .flatMap(([, value]) => [value, encodeURIComponent(value), ...value.split('\n')])
    .map((value) => value.trim())
    .filter((value) => value.length >= secretCharacters)
    .sort((a, b) => b.length - a.length);
  return secrets.reduce((rest, secret) => rest.replaceAll(secret, '***'), text);
}

/** Why there is no review: the last line of what was said, fit for one line. */
function reason(code, errors) {
  const said = clean(stripVTControlCharacters(errors)).replace(/\/\/[^\s/@]+@/g, '//***@');
  const lines = said.split(/[\r\n]+/).map((line) => line.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, ' ').trim());
  const characters = [...(lines.filter((line) => line !== '').at(-1) ?? `it ended with ${code} and said nothing`)];
  return characters.slice(0, reasonCharacters).join('') + (characters.length > reasonCharacters ? '…' : '');
}

/** Nothing in it is Markdown, whatever it holds. */
function fenced(line) {
  const runs = line.match(/`+/g) ?? [];
  const fence = '`'.repeat(Math.max(3, ...runs.map((run) => run.length + 1)));
  return `${fence}text\n${line}\n${fence}`;
}

/** The comment; of a review that is too long for one the first paragraph, which is the verdict. */
function comment(text) {
  const whole = `${marker}\n${text}`;
  if (whole.length <= service.limit) return { body: whole, isWhole: true };
  const rest = `The review is too long for a comment; the whole is in the ${isGitLab ? 'log' : 'summary'} of the job.\n`;
  const short = `${marker}\n${text.split(/\n\s*\n/, 1)[0]}\n\n${rest}`;
  return { body: short.length <= service.limit ? short : `${marker}\n${rest}`, isWhole: false };
}

function say(line, level) {
  process.stdout.write(level === undefined || isGitLab ? `${line}\n` : `::${level}::${line}\n`);
}

function summarize(text) {
  if (env.GITHUB_STEP_SUMMARY) appendFileSync(env.GITHUB_STEP_SUMMARY, `${text}\n`);
  else say(text);
}

async function publish(text) {
  const { body, isWhole } = comment(text);
  if (env.AIPI_REVIEW_COMMENT === 'false' || !service.isThere) {
    summarize(text);
    return;
  }
  if (!isWhole) summarize(text);
  try {
    await keepPatiently(body);
  } catch (error) {
    if (isWhole) summarize(text);
    const place = env.GITHUB_STEP_SUMMARY ? 'summary' : 'log';
    const level = error.status === 403 || error.status === 404 ? 'notice' : 'warning';
    say(`No comment was made or changed: ${words(error)}; the review is in the ${place} of the job`, level);
  }
}

/** Ends as the review did, and tells it to the steps of the job that follow. */
function end(code) {
  if (env.GITHUB_OUTPUT) appendFileSync(env.GITHUB_OUTPUT, `code=${code}\n`);
  process.exitCode = code;
}

async function main() {
  // Its name is part of the marker, and ends it nowhere.
  if (!/^\w[\w.-]*$/.test(stack)) {
    say(`stack: ${JSON.stringify(stack)} is no name of a stack; write that of a Pulumi.STACK.yaml`, 'error');
    return 2;
  }
  const given = env.AIPI_REVIEW_CODE || 'nothing';
  const review = clean(readFileSync(env.AIPI_REVIEW_TEXT, 'utf8'));
  // An npm that cannot start the command ends with 1, too.
  if (['0', '1'].includes(given) && review.trim() !== '') {
    await publish(review);
    if (given === '1') say(`The review of ${stack} found what it is to fail on; it says what`);
    return Number(given);
  }
  const why = reason(given, readFileSync(env.AIPI_REVIEW_ERRORS, 'utf8'));
  await publish(
    `**The review of \`${stack}\` could not be made**, so nothing is known of this change.\n\n${fenced(why)}\n`,
  );
  say(`The review of ${stack} could not be made: ${why}`);
  return 2;
}

end(await main());
