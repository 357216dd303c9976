/** What the browser may do on the page. */

import { createHash } from 'node:crypto';

/**
 * The value of the header `Content-Security-Policy` for a page with one script and one style in it: these two run, the page
 * asks where it came from, and nothing else is loaded, sent or framed.
 *
 * @param page the whole HTML text
 * @throws Error where it has no such parts
 */
export function policyOf(page: string): string {
  return [
    "default-src 'none'",
    `script-src ${hashOf(page, 'script')}`,
    `style-src ${hashOf(page, 'style')}`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ].join('; ');
}

function hashOf(page: string, tag: 'script' | 'style'): string {
  const content = page.match(new RegExp(`<${tag}>([\\s\\S]*?)</${tag}>`))?.[1];
  if (content === undefined) throw new Error(`the page has no <${tag}>`);
  return `'sha256-${createHash('sha256').update(content).digest('base64')}'`;
}
