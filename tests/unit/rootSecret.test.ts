import { publishedRoot, replacementWords } from '../../commands/stack/rootSecret';

const urn = (type: string, name: string) => `urn:pulumi:dev::aipi-mqtt::aipi:index:Fleet$${type}::${name}`;
const bytes = 'random:index/randomBytes:RandomBytes';
const password = 'random:index/randomPassword:RandomPassword';

describe('publishedRoot', () => {
  it('is the root secret that an earlier version made as random bytes, whatever its id says', () => {
    const root = { urn: urn(bytes, 'fleet-secret'), type: bytes, id: 'none', protect: true };
    expect(publishedRoot([{ urn: urn(bytes, 'other'), type: bytes }, root])).toBe(root);
  });

  it('is not one that is a password', () => {
    expect(publishedRoot([{ urn: urn(password, 'fleet-secret'), type: password }])).toBeUndefined();
    expect(publishedRoot([])).toBeUndefined();
  });
});

describe('replacementWords', () => {
  const engine = (url = '') => ({ bin: 'pulumi', environment: { PULUMI_BACKEND_URL: url } });
  const root = { urn: urn(bytes, 'fleet-secret'), type: bytes, id: `${'A'.repeat(43)}=` };
  const words = (devices: number, url?: string, id = root.id) =>
    replacementWords(engine(url), 'prod', { ...root, id }, devices).join('\n');

  it('says who is out until when, and how to get there', () => {
    expect(words(3, 'file:///state')).toContain(
      'all 3 devices are out until each has a new bundle (npm run provision -- prod --all --out FOLDER)',
    );
    expect(words(1, 'file:///state')).toContain('the device is out');
    expect(words(0, 'file:///state')).toContain('No device is deployed, so nobody notices');
  });

  it('names where the old one stands readable, and what to do about it', () => {
    expect(words(3, 'file:///state')).toMatch(/\/state\/\.pulumi\/history, .*backups, .*stacks \(\*\.bak\)/);
    expect(words(3, 'https://api.example.org')).toContain('the history of the backend');
    expect(words(3)).toContain('delete those of before it');
    expect(words(3)).toContain('The old one stands readable in');
    expect(words(3, undefined, 'none')).toContain('The old one may stand readable in');
  });
});
