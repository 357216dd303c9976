/**
 * The text of a review, read by a Markdown parser: whatever somebody else has written is in code, where it is no link, no
 * image, no HTML and nobody's name; and there is room for it in a comment.
 */

import fc from 'fast-check';
import MarkdownIt from 'markdown-it';
import { type Review, reviewForm } from '../../review/form';
import { markdownOf } from '../../review/markdown';
import { sentenceOf } from '../../review/verdict';
import { reviewFrom } from '../unit/reviews';
import { grown, growth, hostileReview, mark } from './hostileReviews';

/** Most characters of a comment on GitHub. */
const mostCharacters = 65_536;

/** Addresses are taken for links, and HTML for HTML, as GitHub does it. */
const parser = new MarkdownIt({ html: true, linkify: true });

/** Kinds of what a review is made of. */
const kinds = [
  'heading_open',
  'heading_close',
  'paragraph_open',
  'paragraph_close',
  'bullet_list_open',
  'bullet_list_close',
  'list_item_open',
  'list_item_close',
  'inline',
  'text',
  'softbreak',
  'strong_open',
  'strong_close',
  'code_inline',
  'fence',
  'html_block',
];

function tokensOf(markdown: string) {
  return parser.parse(markdown, {}).flatMap((token) => [token, ...(token.children ?? [])]);
}

const runs = { numRuns: 30, endOnFailure: true };

it('has room in a comment, and begins with the verdict', () => {
  fc.assert(
    fc.property(hostileReview, growth, (drawn, size) => {
      const review = grown(drawn, size);
      const markdown = markdownOf(review);
      expect(Buffer.byteLength(markdown)).toBeLessThan(mostCharacters);
      const [title = '', , verdict = ''] = markdown.split('\n');
      expect(title).toMatch(/^### MQTT broker of `/);
      expect(verdict).toMatch(/^\*\*(An update would be|A first deployment|No changes|Everybody|Nobody) ?.*\.\*\*$/);
      expect(markdownOf(review)).toBe(markdown);
    }),
    runs,
  );
});

it('tells the largest fleet, and as many accounts, listeners, networks and resources as there may be', () => {
  const many = (count: number, name: string) => Array.from({ length: count }, (_, index) => `${name}-${index}`);
  const [devices, accounts] = [many(100_000, 'pi'), many(10_000, 'account')];
  const stack = { devices: ['pi-0'], dnsNames: ['broker.example'] };
  const review: Review = {
    ...reviewFrom(stack, { ...stack, devices: [] }),
    accounts: { added: accounts, removed: accounts, rotated: accounts },
    devices: {
      before: devices.length,
      after: devices.length,
      added: devices,
      revoked: devices,
      rotated: devices,
      reassigned: devices.map((id) => ({ id, from: 'device', to: 'gateway' })),
    },
    access: accounts.map((name) => ({
      kind: 'account',
      name,
      change: 'gained',
      access: 'read',
      topic: 'x/'.repeat(32_767),
      partly: true,
      example: 'x/'.repeat(32_767),
    })),
    reach: many(5_000, 'mqtt on 0.0.0.0 becomes reachable for 10.0.0.0/8'),
    listeners: { added: many(300, 'mqtt'), removed: many(300, 'wss'), changed: [] },
    engine: {
      steps: accounts.map((name) => ({ operation: 'create', type: 'a', name, properties: [], protected: false })),
      why: null,
    },
  };
  const markdown = markdownOf(review);
  expect(Buffer.byteLength(markdown)).toBeLessThan(mostCharacters);
  expect(markdown).toContain(
    '100000 devices to get the role `gateway` in place of `device`, and to stay connected: `pi-0`',
  );
  expect(markdown).toContain('- and 9960 more');
  expect(markdown).toMatch(/^and \d+ more\n```$/m);
});

it('has what others have written in code alone', () => {
  fc.assert(
    fc.property(hostileReview, growth, (drawn, size) => {
      const tokens = tokensOf(markdownOf(grown(drawn, size)));
      expect([...new Set(tokens.map(({ type }) => type))].filter((type) => !kinds.includes(type))).toEqual([]);
      const html = tokens.filter(({ type }) => type === 'html_block').map(({ content }) => content.trim());
      for (const each of html) {
        expect(each).toMatch(/^(<details><summary>The engine's own preview: \d+ resources?<\/summary>|<\/details>)$/);
      }
      const outside = tokens.filter(({ type }) => type === 'text').map(({ content }) => content);
      // A sentence that is made of harmless letters alone may stand as it is.
      for (const each of outside.filter((content) => content.includes(mark))) {
        expect(each).toMatch(/^[A-Za-z0-9 ,.;:'()%/-]*$/);
        expect(each).not.toMatch(/www\.|\/\/|\bGH-\d/i);
      }
      expect(outside.join(' ')).not.toMatch(/[@<>`#\\&]|\p{C}/u);
      // Nothing begins a list within a list.
      expect(tokens.filter(({ type, level }) => type === 'bullet_list_open' && level > 0)).toEqual([]);
    }),
    runs,
  );
});

it('tells names in code, also where they are harmless', () => {
  fc.assert(
    fc.property(hostileReview, fc.stringMatching(/^zqxj[a-z]{1,8}$/), (drawn, name) => {
      const review = {
        ...drawn,
        stack: name,
        verdict: { ...drawn.verdict, who: [name], refused: [], disconnected: 'some' as const },
        accounts: { added: [name], removed: [name], rotated: [name] },
        devices: {
          before: 1,
          after: 1,
          added: [name],
          revoked: [name],
          rotated: [name],
          reassigned: [{ id: name, from: name, to: name }],
        },
        listeners: { added: [name], removed: [name], changed: [] },
      };
      const outside = tokensOf(markdownOf(review)).filter(({ type }) => type === 'text');
      expect(outside.filter(({ content }) => content.includes(name))).toEqual([]);
    }),
    { numRuns: 50 },
  );
});

it('holds the sentence of the verdict, and keeps its form on its way through JSON', () => {
  fc.assert(
    fc.property(hostileReview, (review) => {
      expect(reviewForm.parse(JSON.parse(JSON.stringify(review)))).toEqual(review);
      expect(sentenceOf(review.verdict, review.against.source === 'nothing')).toMatch(/\.$/);
    }),
    { numRuns: 50 },
  );
});
