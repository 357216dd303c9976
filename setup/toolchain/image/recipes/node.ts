import { monitoringImages } from '../../../../watching/settings';
import { busybox, libraries, licences, programs, type Recipe, users } from '../recipe';

const node = 1000;

/** A word that is a program is run, anything else is for Node. */
const entrypoint = `#!/bin/sh
set -e
case "\${1:-}" in
  -* | '') set -- node "$@" ;;
  *) if ! command -v "$1" > /dev/null || { [ -f "$1" ] && [ ! -x "$1" ]; }; then set -- node "$@"; fi ;;
esac
exec "$@"
`;

/** What the exporter runs in. */
export const nodeSlim: Recipe = {
  reference: monitoringImages.exporter,
  agreed: '24',
  package: 'nodejs',
  wanted: ['nodejs', 'busybox'],
  place: (name) => {
    // Debian keeps parts of Node in packages of their own, which Node reads as it starts.
    const kept = [/^usr\/bin\/(busybox|node)$/, /^usr\/share\/nodejs\/(acorn|acorn-walk|minimatch|undici)\//];
    return [...kept, libraries, licences].some((each) => each.test(name)) ? name : undefined;
  },
  links: {
    ...busybox(
      '[ ash cat chmod cp date df env false grep head id kill ls mkdir mv printf ps rm sed sh sleep sort tail test touch true wget',
    ),
    'usr/local/bin/node': '../../bin/node',
    'usr/local/bin/nodejs': 'node',
  },
  texts: {
    ...users('node', node, '/home/node', '/bin/sh'),
    'usr/local/bin/docker-entrypoint.sh': { text: entrypoint, mode: 0o755 },
  },
  folders: { home: 0, 'home/node': node },
  instructions: [programs, 'ENTRYPOINT ["docker-entrypoint.sh"]', 'CMD ["node"]'],
};
