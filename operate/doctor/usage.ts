/** What a running broker uses of its limits, and which of its files it cannot read: by one command beside it. */

import type Docker from 'dockerode';
import type { Usage } from '../../doctor/room';
import { parseConfiguration } from '../../mosquitto/configuration';
import { currentFolder, dataMount, fileNames, pathOf } from '../../mosquitto/files';
import { connectedPeers } from '../../mosquitto/peers';
import { allowanceIn, residentBytes, spaceIn } from '../../mosquitto/room';
import { execute } from '../docker';

export interface Inside {
  usage: Usage;
  /** Files and folders that the user of the broker cannot read, or cannot write where it has to. */
  unreadable: string[];
}

/** The folder itself, and what is in it. */
const script = [
  `pid=\${MAINPID:-1}`,
  `cat ${pathOf(fileNames.configuration)} 2>/dev/null`,
  "printf '\\0'",
  `df -Pk ${dataMount}; cat "/proc/$pid/status"`,
  "printf '\\0'",
  'ls "/proc/$pid/fd" | wc -l; grep "^Max open files" "/proc/$pid/limits"',
  "printf '\\0'",
  'for file in /proc/net/tcp /proc/net/tcp6; do test ! -e "$file" || cat "$file"; done',
  "printf '\\0'",
  `for each in ${currentFolder} ${currentFolder}/*; do test -r "$each" || echo "$each"; done`,
  `for each in ${dataMount} ${dataMount}/*; do test ! -e "$each" || test -w "$each" || echo "$each"; done`,
].join('\n');

/**
 * @param ports of the broker's listeners; undefined where they are not known
 * @throws Error where no broker runs that could be looked into
 */
export async function insideOf(
  container: Docker.Container,
  info: Docker.ContainerInspectInfo,
  ports: readonly number[] | undefined,
): Promise<Inside> {
  const { output } = await execute(container, ['sh', '-c', script]);
  const [configuration = '', state = '', descriptors = '', tables = '', unreadable = ''] = output.split('\0');
  const [open = '', limit = ''] = descriptors.split('\n');
  const peers = ports === undefined ? undefined : connectedPeers(tables).filter(({ port }) => ports.includes(port));
  const maxConnections = numberIn(optionIn(configuration, 'global_max_connections'));
  const memory = info.HostConfig?.Memory ?? 0;
  return {
    usage: {
      allowance: allowanceIn(configuration),
      space: spaceIn(state),
      residentBytes: residentBytes(state),
      limitBytes: memory > 0 ? memory : undefined,
      connections: peers?.length,
      maxConnections,
      descriptors: numberIn(open),
      maxDescriptors: numberIn(limit.match(/^Max open files +(\d+)/)?.[1]),
    },
    unreadable: unreadable.split('\n').filter((path) => path.startsWith('/')),
  };
}

function optionIn(configuration: string, name: string): string | undefined {
  return parseConfiguration(configuration).find(({ option }) => option === name)?.value;
}

function numberIn(text: string | undefined): number | undefined {
  const value = Number.parseInt(text ?? '', 10);
  return Number.isFinite(value) ? value : undefined;
}
