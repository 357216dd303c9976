import { point } from '../../commands/stack/dockerAddress';
import type { StoredResource } from '../../commands/stack/state';

test('a state is pointed at another engine, with the order to take the firewall away there', () => {
  const order = { containerName: 'broker', openings: [], dockerHost: 'ssh://root@gone', maxCutOffClients: 0 };
  const made = () => ({ stdin: JSON.stringify(order) });
  const resources: StoredResource[] = [
    { urn: 'urn:a::engine', type: 'pulumi:providers:docker', inputs: { host: 'ssh://root@gone' } },
    { urn: 'urn:a::firewall-opening', type: 'command:local:Command', inputs: made(), outputs: made() },
  ];
  point(resources, { host: 'ssh://root@here', by: undefined, certificates: undefined });
  const [engine, opening] = resources;
  expect(engine?.inputs).toEqual({ host: 'ssh://root@here', certPath: '', context: '' });
  for (const properties of [opening?.inputs, opening?.outputs]) {
    expect(JSON.parse(String(properties?.stdin))).toEqual({ ...order, dockerHost: 'ssh://root@here' });
  }
});
