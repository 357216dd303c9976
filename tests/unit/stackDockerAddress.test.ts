import { followDocker, point } from '../../commands/stack/dockerAddress';
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

test('the firewall of a service stays where the service is, whatever the stack file names by now', () => {
  const stdin = JSON.stringify({ containerName: 'broker', dockerHost: 'systemd+ssh://root@there' });
  const opening: StoredResource = { urn: 'urn:a::firewall-opening', type: 'command:local:Command', inputs: { stdin } };
  point([opening], { host: 'unix:///var/run/docker.sock', by: undefined, certificates: undefined });
  expect(opening.inputs?.stdin).toBe(stdin);
});

test('an engine stays where the state says, where the stack file names a service by now', async () => {
  const engine = { urn: 'urn:a::engine', type: 'pulumi:providers:docker', inputs: { host: 'unix:///there.sock' } };
  const address = { host: 'systemd:', by: undefined, certificates: undefined };
  // It would edit the state, which it has none of.
  await expect(followDocker({} as never, 'a', [engine], address, '/nowhere')).resolves.toBeUndefined();
});
