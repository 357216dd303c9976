import fc from 'fast-check';
import { parseConfiguration, renderConfiguration } from '../../mosquitto/configuration';
import { limitKeys } from '../../mosquitto/limits';
import { isReloaded } from '../../mosquitto/reload';
import { restartDigest } from '../../mosquitto/render';
import { type Config, settingsOf } from '../unit/rawConfig';
import { config, shuffled } from './arbitraries';
import { brokerReadsConfiguration } from './broker';

function render(stack: Config): string {
  return renderConfiguration(settingsOf(stack));
}

it('the order of listeners, accounts and log types changes nothing', () => {
  const pairs = config.chain((stack) =>
    fc.tuple(
      fc.constant(stack),
      fc
        .tuple(
          shuffled(stack.listeners as unknown[]),
          shuffled(stack.accounts as unknown[]),
          shuffled(stack.logTypes as unknown[]),
        )
        .map(([listeners, accounts, logTypes]) => ({ ...stack, listeners, accounts, logTypes })),
    ),
  );
  fc.assert(
    fc.property(pairs, ([stack, mixed]) => {
      expect(render(mixed)).toBe(render(stack));
      expect(restartDigest(settingsOf(mixed))).toBe(restartDigest(settingsOf(stack)));
    }),
  );
});

it('parseConfiguration gives back every line, and the broker reads the same', () => {
  fc.assert(
    fc.property(config, (stack) => {
      const text = render(stack);
      const lines = parseConfiguration(text).map(({ option, value }) => `${option} ${value}`);
      expect(lines).toEqual(text.split('\n').filter((line) => line !== ''));
      expect(brokerReadsConfiguration(text)).toEqual(lines);
    }),
  );
});

it('each listener has its port, its protocol, its users, and certificates exactly where it speaks TLS', () => {
  fc.assert(
    fc.property(config, (stack) => {
      const blocks = render(stack)
        .split('\n\n')
        .filter((block) => block.startsWith('listener '))
        .map((block) => block.trimEnd().split('\n'));
      const settings = settingsOf(stack);
      expect(blocks).toHaveLength(settings.listeners.length);
      for (const { port, protocol, tls, clients } of settings.listeners) {
        const block = blocks.find(([first]) => first === `listener ${port}`) ?? [];
        expect(block[1]).toBe(`protocol ${protocol}`);
        expect(block.some((line) => line.startsWith('certfile '))).toBe(tls);
        expect(block).toContain(`plugin_use ${clients}_password_file`);
        expect(block).toContain(`plugin_use ${clients}_acl_file`);
        expect(block.includes('use_username_as_clientid true')).toBe(clients === 'devices');
        expect(block).toHaveLength(4 + (tls ? 3 : 0) + (clients === 'devices' ? 1 : 0));
      }
    }),
  );
});

describe('restartDigest', () => {
  type Change = [string, (stack: Config) => Config];

  /** Another value than the present one. */
  function other<T>(present: unknown, a: T, b: T): T {
    return present === a ? b : a;
  }

  function listenersOf(stack: Config): Config[] {
    return stack.listeners as Config[];
  }

  function freePort(stack: Config): number {
    const taken = listenersOf(stack).map(({ port }) => port);
    return [1_024, 1_025, 1_026, 1_027, 1_028].find((port) => !taken.includes(port)) ?? 0;
  }

  /** The same stack with other fields in its first listener. */
  function firstListener(stack: Config, fields: (listener: Config) => Config): Config {
    return { listeners: listenersOf(stack).map((each, index) => (index === 0 ? { ...each, ...fields(each) } : each)) };
  }

  function withOption(stack: Config, line: string): Config {
    return { extraOptions: [...(stack.extraOptions as string[]), line] };
  }

  /** Another value of each limit whose option is one of these. */
  function limits(isMeant: (option: string) => boolean): Change[] {
    return Object.entries(limitKeys)
      .filter(([, { option }]) => isMeant(option))
      .map(([name, { least, greatest }]) => [name, (stack) => ({ [name]: other(stack[name], least, greatest) })]);
  }

  it.each<Change>([
    ...limits((option) => isReloaded(option)),
    [
      'persistentClientExpirationDays',
      (stack) => ({ persistentClientExpirationDays: other(stack.persistentClientExpirationDays, 5, 6) }),
    ],
    ['connectionMessages', (stack) => ({ connectionMessages: !stack.connectionMessages })],
    ['logTypes', () => ({ logTypes: ['information', 'debug'] })],
    ['accounts', () => ({ accounts: [{ username: 'only', topics: ['read a'] }] })],
    ['a raw option that a signal applies', (stack) => withOption(stack, 'queue_qos0_messages true')],
    ['logMaxFiles, which only the container knows,', (stack) => ({ logMaxFiles: other(stack.logMaxFiles, 5, 6) })],
  ])('stays when %s changes', (_, change) => {
    fc.assert(
      fc.property(config, (stack) => {
        const changed = { ...stack, ...change(stack) };
        expect(restartDigest(settingsOf(changed))).toBe(restartDigest(settingsOf(stack)));
      }),
      { numRuns: 12 },
    );
  });

  it.each<Change>([
    ...limits((option) => !isReloaded(option)),
    ['persistence', (stack) => ({ persistence: !stack.persistence })],
    ['a raw option that a restart applies', (stack) => withOption(stack, 'another_later_option 1')],
    ['a listener more', (stack) => ({ listeners: [...listenersOf(stack), { port: freePort(stack) }] })],
    ['a port', (stack) => firstListener(stack, () => ({ port: freePort(stack) }))],
    [
      'a protocol',
      (stack) => firstListener(stack, ({ protocol }) => ({ protocol: other(protocol, 'mqtt', 'websockets') })),
    ],
    [
      'who logs in',
      (stack) => firstListener(stack, ({ clients }) => ({ clients: other(clients, 'accounts', 'devices') })),
    ],
    ['TLS', (stack) => firstListener(stack, ({ tls }) => ({ tls: !tls, insecurePlaintext: true }))],
  ])('changes when %s changes', (_, change) => {
    fc.assert(
      fc.property(config, (stack) => {
        const changed = { ...stack, ...change(stack) };
        expect(restartDigest(settingsOf(changed))).not.toBe(restartDigest(settingsOf(stack)));
      }),
      { numRuns: 12 },
    );
  });

  it.each<Change>([
    ['persistenceSync', (stack) => ({ persistenceSync: other(stack.persistenceSync, 'full', 'normal') })],
    [
      'persistenceFlushPeriodSeconds',
      (stack) => ({ persistenceFlushPeriodSeconds: other(stack.persistenceFlushPeriodSeconds, 5, 6) }),
    ],
  ])('changes when %s changes, exactly where data is kept', (_, change) => {
    fc.assert(
      fc.property(config, (stack) => {
        const same = restartDigest(settingsOf({ ...stack, ...change(stack) })) === restartDigest(settingsOf(stack));
        expect(same).toBe(!stack.persistence);
      }),
      { numRuns: 12 },
    );
  });
});
