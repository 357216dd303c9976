import { withoutProxy } from '../../setup/proxies';

const all = 'localhost,127.0.0.1,::1';

test('without a proxy nothing is added', () => {
  expect(withoutProxy({ no_proxy: 'a', http_proxy: '' }, 'engine')).toEqual({});
});

test.each(['http_proxy', 'HTTPS_PROXY', 'ALL_PROXY', 'all_proxy', 'grpc_proxy', 'GRPC_PROXY'])(
  'with %s the traffic of this machine goes by none',
  (name) => {
    expect(withoutProxy({ [name]: 'http://proxy' })).toEqual({ no_grpc_proxy: all });
  },
);

test('what is left out already stays so', () => {
  const environment = { http_proxy: 'http://proxy', no_proxy: 'a,localhost' };
  expect(withoutProxy(environment, 'engine')).toEqual({
    no_grpc_proxy: 'a,localhost,127.0.0.1,::1',
    no_proxy: 'a,localhost,engine',
    NO_PROXY: 'a,localhost,engine',
  });
  expect(withoutProxy({ ...environment, NO_PROXY: 'b,engine', no_grpc_proxy: '::1' }, 'engine')).toEqual({
    no_grpc_proxy: '::1,localhost,127.0.0.1',
    no_proxy: 'a,localhost,engine',
    NO_PROXY: 'b,engine',
  });
});
