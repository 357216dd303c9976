import { busybox, libraries, licences, programs, type Recipe, users } from '../recipe';

const version = '2.1.2';
const broker = 1883;

const applets = `[ ash awk base64 basename cat chgrp chmod chown clear cmp cp cut date dd df diff dirname dmesg du echo
  egrep env expr false fgrep find fold free getopt grep groups gunzip gzip head hexdump hostname id kill killall less
  link ln ls md5sum mkdir mkfifo mktemp more mv nc netstat nl nproc nslookup od paste pidof ping ping6
  printf ps pwd readlink realpath rev rm rmdir route sed seq setsid sh sha1sum sha256sum sha512sum shuf sleep sort stat
  strings stty sync tac tail tar tee telnet test time timeout top touch tr true truncate tty umount uname uniq unlink
  unxz unzip uptime usleep vi watch wc wget which who whoami xargs xxd xzcat yes zcat`;

const entrypoint = `#!/bin/sh
set -e
if [ "$(id -u)" = 0 ]; then chown -R mosquitto:mosquitto /mosquitto; fi
exec "$@"
`;

const plugin = /^usr\/lib\/[^/]+\/mosquitto\/(mosquitto_\w+\.so)$/;

/** The broker. */
export const mosquitto: Recipe = {
  reference: `eclipse-mosquitto:${version}`,
  agreed: version,
  package: 'mosquitto',
  // The last one spares the whole of systemd, which Debian's mosquitto otherwise asks for to make its user.
  wanted: ['mosquitto', 'mosquitto-clients', 'busybox', 'systemd-standalone-sysusers'],
  place: (name) => {
    const moved = name.replace(plugin, 'usr/lib/$1');
    const isKept = [/^usr\/(bin\/(busybox|mosquitto_\w+)|sbin\/mosquitto)$/, libraries, licences].some((kept) =>
      kept.test(name),
    );
    return moved !== name || isKept ? moved : undefined;
  },
  links: busybox(applets),
  texts: {
    ...users('mosquitto', broker, '/mosquitto'),
    'mosquitto/config/mosquitto.conf': { text: '# No listener: only this container is answered.\n', owner: broker },
    'docker-entrypoint.sh': { text: entrypoint, mode: 0o755 },
  },
  folders: Object.fromEntries(['', '/config', '/data', '/log'].map((folder) => [`mosquitto${folder}`, broker])),
  instructions: [
    programs,
    'VOLUME ["/mosquitto/data", "/mosquitto/log"]',
    'EXPOSE 1883',
    'ENTRYPOINT ["/docker-entrypoint.sh"]',
    'CMD ["/usr/sbin/mosquitto", "-c", "/mosquitto/config/mosquitto.conf"]',
  ],
};
