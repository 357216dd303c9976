/**
 * Proves that a machine without Docker which cannot take a broker is refused in one sentence that says what is wrong and
 * what to do, and that it is then as it was before: by the real commands, engine and ssh, against a real systemd.
 *
 * It does not prove what a machine says that is none of Debian's.
 */

import { Project } from './project';
import { ServiceMachine } from './serviceMachine';

jest.setTimeout(300_000);

const project = new Project();
const stack = 'refused';
const name = 'aipi-refused';
let machine: ServiceMachine;

/** All that a broker would need of a machine: files, users, units, tables of the firewall, packages, mounts. */
const standing = `find /etc /opt /usr/local /home /root /var/lib /var/backups /run/systemd/system /mosquitto /run/aipi-mqtt \
  -xdev '(' -path /var/lib/systemd -o -path /etc/os-release -o -path '/etc/*-' ')' -prune -o -printf '%p %y %m %u %s\n' 2>/dev/null | sort || :
cat /etc/passwd /etc/group
systemctl list-unit-files --no-legend --no-pager | sort
systemctl list-units --all --type=service --plain --no-legend --no-pager | grep -E 'mosquitto|aipi' || :
nft list tables
grep aipi /proc/mounts || :
ls -d /proc/[0-9]*/exe >/dev/null; cat /proc/[0-9]*/comm | grep -c mosquitto || :`;

function configure(more: Record<string, unknown> = {}): void {
  project.configure(stack, {
    runtime: 'service',
    host: machine.host(),
    containerName: name,
    dnsNames: ['broker.example.org'],
    listeners: [{ port: 1883 }, { port: 8883, tls: true, bindAddress: '0.0.0.0', unfiltered: true }],
    ...more,
  });
}

beforeAll(async () => {
  await ServiceMachine.prepare(['trixie']);
  process.env.DOCKER_SSH_OPTS = ServiceMachine.options();
  machine = await ServiceMachine.start('trixie', 'systemctl -q disable mosquitto');
});

afterAll(async () => {
  await machine?.end();
  ServiceMachine.forget();
  await project.dispose();
});

interface Refusal {
  title: string;
  /** What is wrong with the machine, and what ends it. */
  given?: [wrong: string, right: string];
  config?: () => Record<string, unknown>;
  environment?: () => NodeJS.ProcessEnv;
  /** What the one line says. */
  says: RegExp;
}

const refusals: Refusal[] = [
  {
    title: 'a user who may not use sudo',
    config: () => ({ host: machine.host('plain') }),
    says: /host: sudo on \S+ asks for a password; .*or log in as root/,
  },
  {
    title: 'a sudo that asks for a password',
    config: () => ({ host: machine.host('asked') }),
    says: /host: sudo on \S+ asks for a password; .*NOPASSWD/,
  },
  {
    title: 'no space',
    given: [
      'mkdir /var/lib/aipi-mqtt; mount -t tmpfs -o size=20m none /var/lib/aipi-mqtt',
      'umount /var/lib/aipi-mqtt; rmdir /var/lib/aipi-mqtt',
    ],
    says: /host: \S+ has \d+ MiB left at \/var\/lib\/aipi-mqtt, and \d+ MiB are needed; free some space/,
  },
  {
    title: 'a distribution that is not known',
    given: [
      'cp -a --remove-destination /usr/lib/os-release /etc/os-release; sed -i "s/^VERSION_ID=.*/VERSION_ID=11/;s/^PRETTY_NAME=.*/PRETTY_NAME=Elsewhere/" /etc/os-release',
      'ln -sf ../usr/lib/os-release /etc/os-release',
    ],
    says: /host: \S+ runs Elsewhere, and a service is made on Debian .*; choose another host, or runtime: container/,
  },
  {
    title: 'a port that another program has',
    given: [
      `systemd-run -q --unit=taker nc -lk 8883
      for try in $(seq 50); do ss -Hltn | grep -q :8883 && break; sleep 0.1; done`,
      'systemctl stop taker',
    ],
    says: /listeners: port 8883 of \S+ is taken by nc; end it there, or choose another port/,
  },
  {
    title: 'a clock that is apart',
    given: [
      'mv /usr/bin/date /usr/bin/date.real; printf \'#!/bin/sh\nexec /usr/bin/date.real --date="10 minutes ago" "$@"\n\' >/usr/bin/date; chmod 755 /usr/bin/date',
      'mv /usr/bin/date.real /usr/bin/date',
    ],
    says: /host: the clock of \S+ and the one here are (599|60\d) s apart; set both by NTP/,
  },
  {
    title: 'the number of the broker as that of another user',
    given: ['useradd --uid 1883 somebody', 'userdel somebody'],
    says: /host: the user somebody of \S+ has the number 1883, .*; give that user another one/,
  },
  {
    title: 'the number of the broker as that of another group',
    given: ['groupadd --gid 1883 somegroup', 'groupdel somegroup'],
    says: /host: the group somegroup of \S+ has the number 1883, .*; give that group another one/,
  },
  {
    title: 'a machine that systemd has not started',
    given: ['mount -t tmpfs none /run/systemd', 'umount /run/systemd'],
    says: /host: \S+ was not started by systemd; .*runtime: container/,
  },
  {
    title: 'another version of Mosquitto',
    config: () => ({ mosquittoVersion: '2.1' }),
    says: /mosquittoVersion: \S+ has Mosquitto 2\.0\.21, and the files are made for 2\.1; write "2\.0/,
  },
  {
    title: "a unit of the name that is somebody else's",
    given: [
      `printf '[Service]\\nExecStart=/bin/sleep 1d\\n' >/etc/systemd/system/${name}.service; systemctl daemon-reload`,
      `rm /etc/systemd/system/${name}.service; systemctl daemon-reload`,
    ],
    says: /containerName: .*another service.*choose another name/,
  },
  {
    title: 'a host whose key is not known',
    environment: () => ({ DOCKER_SSH_OPTS: ServiceMachine.options(false) }),
    says: /host key/i,
  },
];

test.each(refusals)('$title is refused, and nothing is changed', async ({ given, config, environment, says }) => {
  if (given !== undefined) await machine.shell(given[0]);
  const before = await machine.shell(standing);
  try {
    configure(config?.());
    const { code, stdout, stderr } = await project.runWith(environment?.() ?? {}, 'up', stack);
    const said = `${stdout}\n${stderr}`;
    // What is looked at before a resource is made stands among the engine's steps, too.
    const reasons = new Set(said.split('\n').flatMap((line) => line.match(says)?.[0] ?? []));
    if (code !== 1 || reasons.size !== 1) throw new Error(`ended with ${code}:\n${said}`);
    expect(said).not.toMatch(/\n\s+at /);
    const after = await machine.shell(standing);
    expect(after.split('\n').filter((line) => !before.includes(`${line}\n`))).toEqual([]);
    expect(before.split('\n').filter((line) => !after.includes(`${line}\n`))).toEqual([]);
  } finally {
    if (given !== undefined) await machine.shell(given[1]);
  }
});

test('a host that shows another key is refused', async () => {
  await machine.changeHostKey();
  configure();
  // By another connection than the one that is still open.
  const DOCKER_SSH_OPTS = `${ServiceMachine.options()} -o ConnectionAttempts=2`;
  const { code, stderr } = await project.runWith({ DOCKER_SSH_OPTS }, 'up', stack);
  expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(/shows another host key than the one/) });
});
