import { leaveOut } from '../../setup/surroundings';

const sifted = (environment: Record<string, string>, isPlain = false) => {
  const left: Record<string, string | undefined> = { ...environment };
  return { out: leaveOut(left, isPlain), left };
};

it.each([
  'PULUMI_OPTION_TARGET',
  'PULUMI_OPTION_PREVIEW_ONLY',
  'PULUMI_OPTION_SHOW_SECRETS',
  'PULUMI_OPTION_VERBOSE',
  'PULUMI_OPTION_STACK',
  'PULUMI_STACK',
  'PULUMI_SKIP_CHECKPOINTS',
  'PULUMI_CONFIG',
  'PULUMI_DEBUG_GRPC',
  'NODE_TLS_REJECT_UNAUTHORIZED',
  'MQTTJS_SOCKS_PROXY',
  'DEBUG',
])('%s is left out, by name', (name) => {
  expect(sifted({ [name]: '0', PATH: '/bin' })).toEqual({ out: [name], left: { PATH: '/bin' } });
});

it('keeps what only shows more or less, and what says where the state is', () => {
  const kept = {
    PULUMI_OPTION_COLOR: 'never',
    PULUMI_OPTION_PARALLEL: '2',
    PULUMI_OPTION_PLAN: 'plan',
    PULUMI_BACKEND_URL: 'file://a',
    PULUMI_CONFIG_PASSPHRASE: 'p',
    PULUMI_HOME: '/p',
    NODE_OPTIONS: '--require ./a.js --max-old-space-size=100',
    NODE_EXTRA_CA_CERTS: '/ca',
    PULUMI_SKIP_CHECKPOINTS: '',
  };
  expect(sifted(kept)).toEqual({ out: [], left: kept });
});

it('keeps what a person means for the pulumi that they type', () => {
  const kept = { PULUMI_OPTION_TARGET: 'a', PULUMI_STACK: 'dev' };
  expect(sifted({ ...kept, DEBUG: '*' }, true)).toEqual({ out: ['DEBUG'], left: kept });
});

it.each([
  ['--inspect', [], '--inspect'],
  ['--require "./a b.js" --inspect-brk=0 --no-warnings', ['--require', '"./a b.js"', '--no-warnings'], '--inspect-brk'],
  ['--tls-keylog /tmp/keys --no-warnings', ['--no-warnings'], '--tls-keylog'],
  ['--tls-min-v1.0', [], '--tls-min-v1.0'],
])('takes out of NODE_OPTIONS %s', (options, left, out) => {
  expect(sifted({ NODE_OPTIONS: options })).toEqual({
    out: [`${out} of NODE_OPTIONS`],
    left: { NODE_OPTIONS: left.join(' ') },
  });
});
