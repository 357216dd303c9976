/** What must not answer at all. */

import type Docker from 'dockerode';
import type { CheckResult } from '../../mosquitto/result';
import type { Target } from '../../mosquitto/verificationPlan';
import { execute } from '../docker';
import { check, Disproved } from './check';

/** Where the official image serves a dashboard when it finds no configuration. */
const dashboardPort = 9883;

/** The kernel's tables; of a service, which shares those of its machine, the rows of its own sockets. */
const tables = `if [ -z "$MAINPID" ]; then exec cat /proc/net/tcp /proc/net/tcp6; fi
ls -l "/proc/$MAINPID/fd" | awk '
  NR == FNR { if (match($0, /socket:\\[[0-9]+\\]/)) own[substr($0, RSTART + 8, RLENGTH - 9)]; next }
  $10 in own' - /proc/net/tcp /proc/net/tcp6`;

/** Checks that the broker listens where it should and nowhere else, as the kernel of its container sees it. */
export function onlyListeners(container: Docker.Container, targets: readonly Target[]): Promise<CheckResult> {
  return check(`no other port is open, dashboard port ${dashboardPort} included`, async () => {
    const { output } = await execute(container, ['sh', '-c', tables]);
    const open = listeningPorts(output);
    const expected = [...new Set(targets.map(({ port }) => port))];
    const closed = expected.filter((port) => !open.has(port));
    const extra = [...open].filter((port) => !expected.includes(port));
    if (closed.length > 0) throw new Disproved(`not open: ${closed.join(', ')}`);
    if (extra.length > 0) throw new Disproved(`open: ${extra.join(', ')}`);
    return `open: ${expected.join(', ')}`;
  });
}

/** 127.0.0.11 in the kernel's table: there Docker resolves names, from the first network of a person's own on. */
const resolver = '0B00007F';

/** Ports in state LISTEN (0A) of the kernel's table; source: proc_net_tcp in the kernel's documentation. */
export function listeningPorts(table: string): Set<number> {
  const rows = table.matchAll(/^ *\d+: ([0-9A-F]+):([0-9A-F]{4}) \S+ 0A /gm);
  return new Set(
    [...rows].filter(([, address]) => address !== resolver).map(([, , port = '']) => Number.parseInt(port, 16)),
  );
}
