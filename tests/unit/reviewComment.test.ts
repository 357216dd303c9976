/**
 * The comment of a review: the script itself, at a small server in the place of GitHub and of GitLab. It runs within
 * this process, with an environment, a clock and an output of its own; reviewAction.test.ts starts it as a program.
 */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { transform } from 'sucrase';
import { type Comment, CommentService, owner, type Request } from './commentService';

const source = readFileSync(join(__dirname, '../../.github/actions/review/comment.mjs'), 'utf8');
const AsyncFunction = (async () => {}).constructor as new (
  ...words: string[]
) => (...values: unknown[]) => Promise<void>;
const script = new AsyncFunction(
  'require',
  'process',
  'setTimeout',
  transform(source, { transforms: ['imports'] }).code,
);
const marker = '<!-- aipi-mqtt review: prod -->';
const token = 'ghs_0123456789abcdef';
const text = '**Nobody is disconnected.**\n\n## Devices\n\n1 is added: `pi-003`.\n';

let service: CommentService;
let folder: string;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-comment-'));
  service = new CommentService();
  await service.open();
});

afterEach(async () => {
  await service.close();
  rmSync(folder, { recursive: true });
});

interface Review {
  code?: number;
  text?: string;
  errors?: string;
}

interface Ended {
  code: number | undefined;
  output: string;
  /** Empty where nothing was written to it. */
  summary: string;
  /** What the job's next steps are told. */
  told: string;
  /** Milliseconds of each wait, of which none is waited for. */
  waits: number[];
}

const path = (name: string) => join(folder, name);

async function comment(review: Review = {}, environment: Record<string, string> = service.github): Promise<Ended> {
  const { code = 0, text: own = text, errors = '' } = review;
  for (const [name, content] of Object.entries({ text: own, errors, summary: '', told: '' })) {
    writeFileSync(path(name), content);
  }
  const waits: number[] = [];
  let output = '';
  const program: { env: Record<string, string>; exitCode?: number; stdout: unknown } = {
    env: {
      AIPI_REVIEW_STACK: 'prod',
      AIPI_REVIEW_CODE: String(code),
      AIPI_REVIEW_TEXT: path('text'),
      AIPI_REVIEW_ERRORS: path('errors'),
      AIPI_REVIEW_TOKEN: token,
      ...(environment.GITLAB_CI === undefined && {
        GITHUB_STEP_SUMMARY: path('summary'),
        GITHUB_OUTPUT: path('told'),
      }),
      ...environment,
    },
    stdout: {
      write: (words: string) => {
        output += words;
      },
    },
  };
  const passAtOnce = (act: () => void, milliseconds: number) => {
    waits.push(milliseconds);
    setImmediate(act);
  };
  await script(require, program, passAtOnce);
  const read = (name: string) => readFileSync(path(name), 'utf8');
  return { code: program.exitCode, output, summary: read('summary'), told: read('told'), waits };
}

function others(count: number): Comment[] {
  return Array.from({ length: count }, (_, index) => ({ id: index + 1, body: `word ${index}`, author: 'somebody' }));
}

const ours = (body: string, id = 500, author = owner): Comment => ({ id, body: `${marker}\n${body}`, author });

/** Answers the first requests of a method with a status each. */
function failing(method: string, statuses: number[], headers: Record<string, string> = {}) {
  const left = [...statuses];
  return (request: Request) => {
    const status = request.method === method ? left.shift() : undefined;
    return status === undefined ? undefined : { status, headers, body: { message: `no, ${request.authorization}` } };
  };
}

const places = ['github', 'gitlab'] as const;
const calls = {
  github: { list: '/repos/aipi/broker/issues/7/comments', own: 'PATCH /repos/aipi/broker/issues/comments/500' },
  gitlab: { list: '/projects/12/merge_requests/7/notes', own: 'PUT /projects/12/merge_requests/7/notes/500' },
};

describe.each(places)('at %s', (place) => {
  const { list, own } = calls[place];

  test('it is made where there is none', async () => {
    service.comments = others(3);
    expect(await comment({}, service[place])).toMatchObject({ code: 0, summary: '' });
    expect(service.changes).toEqual([`POST ${list}`]);
    expect(service.comments[3]).toMatchObject({ body: `${marker}\n${text}`, author: owner });
    expect(new Set(service.requests.map(({ authorization }) => authorization))).toEqual(new Set([`Bearer ${token}`]));
  });

  test('it is changed where the text differs, and only it', async () => {
    service.comments = [...others(2), ours('before'), ...others(1)];
    expect(await comment({}, service[place])).toMatchObject({ code: 0, summary: '' });
    expect(service.changes).toEqual([own]);
    expect(service.comments).toEqual([...others(2), ours(text), ...others(1)]);
  });

  test('it is found on the second page', async () => {
    service.comments = [...others(130), ours('before')];
    await comment({}, service[place]);
    expect(service.changes).toEqual([own]);
    expect(service.requests.filter(({ path: asked }) => asked.startsWith(`${list}?`))).toHaveLength(2);
  });

  test('nothing is sent where it says the same', async () => {
    service.comments = [ours(text.replaceAll('\n', '\r\n').trimEnd())];
    await comment({}, service[place]);
    expect(service.changes).toEqual([]);
  });

  test("somebody else's with the same marker is left alone", async () => {
    const copy = ours('a copy', 400, 'somebody');
    service.comments = [copy];
    await comment({}, service[place]);
    expect(service.changes).toEqual([`POST ${list}`]);
    expect(service.comments[0]).toEqual(ours('a copy', 400, 'somebody'));
    service.comments = [copy, ours('before')];
    service.requests = [];
    await comment({}, service[place]);
    expect(service.changes).toEqual([own]);
  });

  test('one that only quotes the marker, or is of another stack, is left alone', async () => {
    service.comments = [
      { id: 1, body: `> ${marker}`, author: owner },
      { id: 2, body: '<!-- aipi-mqtt review: prod-2 -->\nwords', author: owner },
    ];
    await comment({}, service[place]);
    expect(service.changes).toEqual([`POST ${list}`]);
  });
});

test('a change that is taken back takes the old words away', async () => {
  service.comments = [ours('**Everybody is disconnected.**')];
  await comment({ text: '**Nothing changes.**\n' });
  expect(service.comments).toEqual([ours('**Nothing changes.**\n')]);
});

test.each([0, 1])('it ends with %i as the review did', async (code) => {
  expect(await comment({ code })).toMatchObject({ code, told: `code=${code}\n` });
  expect(service.comments[0]?.body).toBe(`${marker}\n${text}`);
});

describe('a review that could not be made', () => {
  const errors = 'Setting up\nPulumi.prod.yaml: "lisetners" is no key; write "listeners"\n';
  const failure =
    `${marker}\n**The review of \`prod\` could not be made**, so nothing is known of this change.\n\n` +
    '```text\nPulumi.prod.yaml: "lisetners" is no key; write "listeners"\n```\n';

  test('takes the place of the old words, with the reason, and ends with 2', async () => {
    service.comments = [ours(text)];
    expect(await comment({ code: 2, text: '', errors })).toMatchObject({ code: 2, told: 'code=2\n' });
    expect(service.comments[0]?.body).toBe(failure);
  });

  test.each([
    ['npm fails before the command', { code: 1, text: '' }],
    ['it was killed half-way', { code: 137 }],
    ['it says nothing', { code: 0, text: '\n' }],
  ])('is one where %s', async (_, review) => {
    expect(await comment({ ...review, errors })).toMatchObject({ code: 2, told: 'code=2\n' });
    expect(service.comments[0]?.body).toBe(failure);
  });

  test('says so where no reason was given', async () => {
    await comment({ code: 137, text: '' });
    expect(service.comments[0]?.body).toContain('```text\nit ended with 137 and said nothing\n```');
  });

  const reasonOf = () => service.comments[0]?.body.split('\n').slice(4, -2).join('\n') ?? '';

  test('gives a reason that is no Markdown, calls nobody and stays on its line', async () => {
    const said = '```` ``` <img src=x> @aipi/all #1 **b** \u001b[31mred\u001b[0m \u202e [a](b) <!-- x -->';
    await comment({ code: 2, text: '', errors: `one\n${said}\u2028two\n\n` });
    const lines = service.comments[0]?.body.trimEnd().split('\n') ?? [];
    expect(lines.slice(3)).toEqual([
      '`````text',
      '```` ``` <img src=x> @aipi/all #1 **b** red   [a](b) <!-- x --> two',
      '`````',
    ]);
  });

  test('gives no more than 500 characters of it', async () => {
    await comment({ code: 2, text: '', errors: '\u{1f600}'.repeat(70_000) });
    expect(reasonOf()).toBe(`${'\u{1f600}'.repeat(500)}…`);
  });

  test('leaves out what the environment holds as a secret, and passwords of addresses', async () => {
    const secrets = {
      PULUMI_CONFIG_PASSPHRASE: 'correct horse',
      PULUMI_ACCESS_TOKEN: 'pul-0123456789',
      AWS_SECRET_ACCESS_KEY: 'a/b+c=0123456789',
      SSH_PRIVATE_KEY: 'first\nsecond line of it',
    };
    const errors = `${token} correct horse, pul-0123456789 a%2Fb%2Bc%3D0123456789 second line of it s3://me:word@x/y\n`;
    const { output } = await comment({ code: 2, text: '', errors }, { ...service.github, ...secrets });
    expect(reasonOf()).toBe('*** ***, *** *** *** s3://***@x/y');
    expect(output).toBe('The review of prod could not be made: *** ***, *** *** *** s3://***@x/y\n');
  });
});

test('a review of which nobody says how it ended is none', async () => {
  expect(await comment({}, { ...service.github, AIPI_REVIEW_CODE: '' })).toMatchObject({ code: 2 });
  expect(service.comments[0]?.body).toContain('could not be made');
});

test('no secret of the environment stands in the comment of a review', async () => {
  await comment({ text: `Was \`correct horse\`.` }, { ...service.github, PULUMI_CONFIG_PASSPHRASE: 'correct horse' });
  expect(service.comments[0]?.body).toBe(`${marker}\nWas \`***\`.`);
});

describe('where the token may not comment', () => {
  test.each([
    ['POST', 403],
    ['POST', 404],
    ['GET', 404],
  ])('a %s that is answered %i puts the review into the summary, and the verdict stays', async (method, status) => {
    service.fault = failing(method, [status, status]);
    for (const code of [0, 1]) {
      const ended = await comment({ code });
      expect(ended).toMatchObject({ code, summary: `${text}\n` });
      expect(ended.output).toContain(
        `::notice::No comment was made or changed: the token may not do it (${status}), as that of a fork's pull request; ` +
          'the review is in the summary of the job\n',
      );
    }
    expect(service.comments).toEqual([]);
  });

  test('GitLab, which has no summary, shows the review in the log', async () => {
    service.fault = failing('POST', [403]);
    const { code, output } = await comment({ code: 1 }, service.gitlab);
    expect(code).toBe(1);
    expect(output).toContain(text);
    expect(output).toContain('No comment was made or changed');
    expect(output).not.toContain('::');
  });
});

describe('it is tried again', () => {
  test.each([
    ['GET', 502],
    ['POST', 502],
    ['POST', 429],
    ['POST', 503],
  ])('where a %s is answered %i', async (method, status) => {
    service.fault = failing(method, [status]);
    expect(await comment()).toMatchObject({ code: 0, summary: '', waits: [250] });
    expect(service.comments.map(({ body }) => body)).toEqual([`${marker}\n${text}`]);
  });

  test.each([
    [429, '7', 7_000],
    [403, '60', 60_000],
    [503, new Date(0).toUTCString(), 0],
  ])('after what %i asks for by Retry-After: %s', async (status, after, waits) => {
    service.fault = failing('POST', [status], { 'retry-after': after });
    expect(await comment()).toMatchObject({ code: 0, waits: [waits] });
    expect(service.comments).toHaveLength(1);
  });

  test('four times, no more, and then the review is in the summary', async () => {
    service.fault = failing('POST', [502, 502, 502, 502, 502]);
    const { code, output, summary, waits } = await comment({ code: 1 });
    expect({ code, summary, waits }).toEqual({ code: 1, summary: `${text}\n`, waits: [250, 1_000, 4_000] });
    expect(output).toContain('::warning::No comment was made or changed: the answer was 502;');
    expect(service.changes).toHaveLength(4);
  });

  test('not where it is to wait for more than a minute', async () => {
    service.fault = failing('POST', [429, 429], { 'retry-after': '61' });
    expect((await comment()).waits).toEqual([]);
    expect(service.changes).toHaveLength(1);
  });

  test('without a second comment, where the first was made and the answer got lost', async () => {
    let isLost = false;
    service.fault = ({ method }, done) => {
      if (method !== 'POST' || isLost) return undefined;
      isLost = true;
      done();
      return { status: 502 };
    };
    expect(await comment()).toMatchObject({ code: 0, summary: '' });
    expect(service.comments).toHaveLength(1);
  });

  test('where nobody answers', async () => {
    const gone = new CommentService();
    await gone.open();
    const environment = { ...service.github, GITHUB_API_URL: gone.url };
    await gone.close();
    const { code, output, summary, waits } = await comment({}, environment);
    expect({ code, summary, waits }).toEqual({ code: 0, summary: `${text}\n`, waits: [250, 1_000, 4_000] });
    expect(output).toMatch(/^::warning::.*: the service cannot be reached \(ECONNREFUSED\); /);
  });
});

describe('the token', () => {
  test.each([401, 403, 422, 500])('is not shown by a server that says it, with %i', async (status) => {
    service.fault = failing('POST', [status, status, status, status]);
    const { output, summary } = await comment();
    expect(output).toContain('No comment was made or changed');
    expect(output + summary).not.toContain(token);
  });

  test('is not shown where it cannot be sent', async () => {
    const { code, output } = await comment({}, { ...service.github, AIPI_REVIEW_TOKEN: `${token}\n${token}` });
    expect(code).toBe(0);
    expect(output).toContain('No comment was made or changed');
    expect(output).not.toContain(token);
  });

  test('goes nowhere else', async () => {
    const elsewhere = new CommentService();
    await elsewhere.open();
    try {
      const link = `<${elsewhere.url}/repos/aipi/broker/issues/7/comments?page=2>; rel="next"`;
      service.fault = ({ method }) => (method === 'GET' ? { status: 200, headers: { link }, body: [] } : undefined);
      await comment();
      service.fault = () => ({ status: 307, headers: { location: elsewhere.url } });
      await comment();
      expect(elsewhere.requests).toEqual([]);
      expect(service.comments).toEqual([]);
    } finally {
      await elsewhere.close();
    }
  });
});

describe('a long review', () => {
  const room = 65_536 - marker.length - 1;

  test('is sent as a whole up to 65,536 characters with the marker', async () => {
    await comment({ text: 'x'.repeat(room) });
    expect(service.comments[0]?.body).toHaveLength(65_536);
  });

  test('gives way to its first paragraph above, and is in the summary', async () => {
    const verdict = '**Nobody is disconnected.**\n\n';
    const long = verdict + 'x'.repeat(room + 1 - verdict.length);
    expect(await comment({ code: 1, text: long })).toMatchObject({ code: 1, summary: `${long}\n` });
    expect(service.comments[0]?.body).toBe(
      `${marker}\n**Nobody is disconnected.**\n\nThe review is too long for a comment; the whole is in the summary of the job.\n`,
    );
    const endless = 'x'.repeat(65_536);
    await comment({ text: endless });
    expect(service.comments[0]?.body).toBe(
      `${marker}\nThe review is too long for a comment; the whole is in the summary of the job.\n`,
    );
  });
});

test.each([
  ['comments are not wanted', { AIPI_REVIEW_COMMENT: 'false' }],
  ['there is no pull request', { AIPI_REVIEW_NUMBER: '' }],
])('where %s, the review is in the summary and nobody is asked', async (_, environment) => {
  const ended = await comment({ code: 1 }, { ...service.github, ...environment });
  expect(ended).toMatchObject({ code: 1, summary: `${text}\n` });
  expect(service.requests).toEqual([]);
});

test.each(['', '--> @all', '--out=x', 'a b', '-x'])('a stack cannot be called "%s"', async (stack) => {
  const { code, output } = await comment({}, { ...service.github, AIPI_REVIEW_STACK: stack });
  expect({ code, output }).toEqual({
    code: 2,
    output: `::error::stack: ${JSON.stringify(stack)} is no name of a stack; write that of a Pulumi.STACK.yaml\n`,
  });
  expect(service.requests).toEqual([]);
});
