/**
 * How many authorities may stand below an authority (basicConstraints pathlen), seen with OpenSSL.
 *
 * It does not show the other rules of a chain: see certificatesRefused.test.ts.
 */

import { checkAuthority, checkServer } from '../../certificates/given';
import {
  authorityExtensions,
  cleanUp,
  type Identity,
  intermediateExtensions,
  issue,
  newKey,
  serverExtensions,
  strictVerdict,
} from './openssl';

const privateKey = newKey();

afterAll(cleanUp);

/** Authorities from the root down, each with its own pathlen, and a server that the last one has signed. */
function chainWith(lengths: readonly (number | undefined)[]) {
  const authorities: Identity[] = [];
  for (const [index, length] of lengths.entries()) {
    const basicConstraints = `critical,CA:TRUE${length === undefined ? '' : `,pathlen:${length}`}`;
    const issuer = authorities.at(-1);
    const extensions = issuer === undefined ? authorityExtensions : intermediateExtensions;
    authorities.push(
      issue({
        privateKey,
        subject: `/CN=${index}`,
        extensions: { ...extensions, basicConstraints },
        ...(issuer && { issuer }),
      }),
    );
  }
  const [root, ...middle] = authorities;
  const last = authorities.at(-1);
  if (root === undefined || last === undefined) throw new Error('there is no authority');
  const leaf = issue({ subject: '/CN=server', extensions: serverExtensions, issuer: last });
  const above = middle.map(({ certificate }) => certificate).reverse();
  return { root, last, leaf, above };
}

describe.each<[string, (number | undefined)[], boolean]>([
  ['a root for no further one, by itself', [0], true],
  ['a root for no further one, with one below', [0, undefined], false],
  ['a root for one, with one below', [1, undefined], true],
  ['a root for one, with two below', [1, undefined, undefined], false],
  ['an intermediate for no further one, as the last', [undefined, undefined, 0], true],
  ['an intermediate for no further one, with one below', [undefined, 0, undefined], false],
  ['lengths that grow smaller', [2, 1, 0], true],
])('%s', (_, lengths, isAccepted) => {
  const surroundings = { hosts: [] };
  let chain: ReturnType<typeof chainWith>;

  beforeAll(() => {
    chain = chainWith(lengths);
  });

  it('is judged as OpenSSL does for a server', () => {
    const { root, leaf, above } = chain;
    expect(strictVerdict(leaf.certificate, root.certificate, above.join('')) === undefined).toBe(isAccepted);
    const given = { certificate: leaf.certificate + above.join(''), privateKey: leaf.privateKey, passphrase: '' };
    const { problems } = checkServer(given, { ...surroundings, trusted: [root.certificate] });
    expect(problems.length === 0).toBe(isAccepted);
  });

  it('is judged alike for an authority, which signs one more', () => {
    const { root, last, above } = chain;
    const certificate = above.length === 0 ? root.certificate : above.join('');
    const given = { certificate, privateKey: last.privateKey, passphrase: '' };
    const { problems } = checkAuthority(given, { ...surroundings, trusted: [root.certificate] });
    expect(problems.length === 0).toBe(isAccepted);
    for (const problem of problems) expect(problem).toMatch(/^certificate: \S.*; \S/);
  });
});
