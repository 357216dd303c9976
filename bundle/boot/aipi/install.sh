#!/bin/sh
# Gives this machine the MQTT identity that lies in the folder of this script, and has it proved.
#
#   sh install.sh [--no-start] [--replace]
#     --no-start  starts nothing, for an image or a chroot; the next boot goes on
#     --replace   takes this identity in the place of another device's
#
# Runs as root, by hand or by whatever runs scripts at the first boot, any number of times: a run that was cut off is
# completed by the next one, and with the bundle on the boot partition by the next boot.
#
# The folder keeps its secrets, password and client.key, until the broker has acknowledged a message of the device; then
# this script removes them there, called by aipi-provision.service with --proved. It leaves them there where /etc/aipi lies
# in memory, as with a root that is an overlay: the next boot would find no others.
#
# Ends with 0: done; 1: an error of the machine; 2: a wrong call; 3: a bundle that cannot be used; 4: a bundle that is
# refused.
set -eu
umask 022
export LC_ALL=C

etc=/etc/aipi
lib=/usr/local/lib/aipi
units=/etc/systemd/system
unit=aipi-provision.service
# SHA-256 of the vendor-data of this bundle. Anything else under that name is not ours to remove.
own_vendor_data=d736c5dd906fb3ae8566808f04d89686d6026c541242cf93d8acc6d0374afe1a

say() {
  echo "aipi: $*"
}

fail() {
  code=$1
  shift
  say "$*"
  trap - EXIT
  exit "$code"
}

unforeseen() {
  code=$?
  [ "$code" -eq 0 ] || say "the line above stopped this script ($code); correct its cause and call $0 again"
}

main() {
  trap unforeseen EXIT
  start=yes replace=no proved=no
  for word; do
    case $word in
      --no-start) start=no ;;
      --replace) replace=yes ;;
      --proved) proved=yes ;;
      *) fail 2 "there is no option $word; use --no-start or --replace" ;;
    esac
  done
  [ "$(id -u)" -eq 0 ] || fail 2 "only root can install; call: sudo sh $0"
  for program in python3 systemctl flock; do
    command -v "$program" >/dev/null || fail 1 "there is no $program here; install it and call $0 again"
  done
  bundle=$(cd -P "$(dirname "$0")" && pwd)
  exec 9>/run/aipi-install.lock
  flock 9
  if [ $proved = yes ]; then
    clean_up
  elif [ -e "$bundle/password" ]; then
    install_bundle
  else
    continue_installed
  fi
}

# Without a password in the folder there is nothing to install; what is installed may still wait for its proof.
continue_installed() {
  [ -e $etc/password ] || fail 3 "there is no password in $bundle; copy the whole bundle there"
  if [ -e "$bundle/device.json" ] && ! cmp -s "$bundle/device.json" $etc/device.json; then
    fail 3 "the bundle in $bundle is new and has no password; copy the whole bundle there"
  fi
  if [ -e $etc/proved ]; then
    say "the installed identity is proved; there is nothing to do"
  else
    start_proof
  fi
}

install_bundle() {
  check_bundle
  compare_with_installed
  # A proof under way is about to be one of other files.
  if [ -e $units/$unit ] && answers; then
    systemctl stop $unit
  fi

  folder $etc
  folder $lib
  # From here on the next boot completes what is cut off.
  put 755 $lib/install.sh <"$bundle/install.sh"
  put 644 $units/aipi-install.service <"$bundle/aipi-install.service"
  at_boot aipi-install.service
  sync $lib $units $units/multi-user.target.wants

  put 755 $lib/prove <"$bundle/prove"
  put 644 $units/$unit <"$bundle/$unit"
  wait_for_time_at_boot
  rm -f $etc/proved
  sync $etc
  echo "$bundle" | put 644 $etc/source
  if [ "$ca_sha256" = - ]; then
    rm -f $etc/ca.pem
  else
    put 644 $etc/ca.pem <"$bundle/ca.pem"
  fi
  if [ "$certificate" = - ]; then
    rm -f $etc/client.pem $etc/client.key
  else
    put 644 $etc/client.pem <"$bundle/client.pem"
    put 600 $etc/client.key <"$bundle/client.key"
  fi
  put 644 $etc/device.json <"$bundle/device.json"
  printf %s "$password" | put 600 $etc/password
  at_boot $unit
  sync $etc $lib $units $units/multi-user.target.wants
  say "generation $generation of $id is installed"
  memory=$(memory_of $etc)
  if [ -n "$memory" ]; then
    say_forgotten
  fi
  start_proof
}

# Raspberry Pi OS makes the root such an overlay by "Overlay File System" of raspi-config.
say_forgotten() {
  say "$etc lies in memory ($memory), and the next boot is without it; to install for good, call this again while it lies on a disk"
  if [ -n "$(memory_of "$bundle")" ]; then
    say "$bundle lies in memory, too; copy the whole bundle onto the boot partition, or the next boot has no password"
  else
    say "so password and key stay in $bundle, also after the proof"
  fi
}

# Sets id, generation, ca_sha256, certificate and password.
check_bundle() {
  for file in device.json install.sh prove aipi-install.service $unit; do
    [ -s "$bundle/$file" ] || fail 3 "there is no $file in $bundle, or it is empty; copy the whole bundle there"
  done
  words=$(describe "$bundle/device.json") || fail 3 "${words:-device.json in $bundle cannot be read; copy the whole bundle there}"
  # shellcheck disable=SC2086 # four words without white space of their own
  set -- $words
  id=$1 generation=$2 ca_sha256=$3 certificate=$4
  if [ "$ca_sha256" != - ]; then
    [ -e "$bundle/ca.pem" ] || fail 3 "there is no ca.pem in $bundle; copy the whole bundle there"
    [ "$(sha256sum <"$bundle/ca.pem")" = "$ca_sha256  -" ] ||
      fail 3 "ca.pem in $bundle is damaged or of another bundle; copy the whole bundle there"
  fi
  if [ "$certificate" != - ]; then
    for file in client.pem client.key; do
      [ -s "$bundle/$file" ] || fail 3 "there is no $file in $bundle, or it is empty; copy the whole bundle there"
    done
    words=$(python3 -I "$bundle/prove" --pair "$bundle") || fail 3 "${words:-client.pem in $bundle cannot be read; copy the whole bundle there}"
  fi
  password=$(cat "$bundle/password")
  case $password in
    *[!A-Za-z0-9_-]*) fail 3 "the password in $bundle is damaged; copy the whole bundle there" ;;
  esac
  [ ${#password} -eq 43 ] || fail 3 "the password in $bundle is damaged; copy the whole bundle there"
}

compare_with_installed() {
  [ -e $etc/device.json ] || return 0
  if ! words=$(describe $etc/device.json); then
    say "what is installed is replaced: $words"
    return 0
  fi
  # shellcheck disable=SC2086 # four words without white space of their own
  set -- $words
  if [ "$1" != "$id" ]; then
    [ $replace = yes ] || fail 4 "this is $1 and the bundle is of $id; if that is meant, call: sh $bundle/install.sh --replace"
  elif [ "$2" -gt "$generation" ]; then
    fail 4 "generation $2 is installed and the bundle is of generation $generation; make the bundle again, or remove it from $bundle"
  fi
}

describe() {
  python3 -I "$bundle/prove" --describe "$1"
}

# The proof needs the time. The unit that waits for it is off by default and would wait for ever.
wait_for_time_at_boot() {
  folder $units/systemd-time-wait-sync.service.d
  printf '[Service]\nTimeoutStartSec=120\n' | put 644 $units/systemd-time-wait-sync.service.d/aipi.conf
  systemctl --root=/ --quiet enable systemd-time-wait-sync.service 2>/dev/null ||
    say "there is no systemd-time-wait-sync here; the proof waits for the clock by itself"
}

start_proof() {
  if [ $start = no ] || ! answers; then
    say "the proof follows at the next boot"
    return 0
  fi
  systemctl daemon-reload
  # Waiting for them here would hold up the boot that may have called this script.
  systemctl --no-block start systemd-time-wait-sync.service 2>/dev/null || :
  systemctl --no-block start $unit
  say "the proof runs; watch it with: journalctl --follow --unit=$unit"
}

# After a proof. The mark comes last, so that an interruption repeats the proof and then this.
clean_up() {
  [ "$(digest)" = "$(cat "$RUNTIME_DIRECTORY/proved")" ] ||
    fail 1 "other files were installed during the proof; it is repeated"
  bundle=$(cat $etc/source)
  memory=$(memory_of $etc)
  # The password goes first: without it nothing asks for the other files.
  if [ -n "$memory" ]; then
    [ ! -e "$bundle/password" ] || say "password and key stay in $bundle, as $etc lies in memory ($memory)"
  elif is_proved_bundle; then
    remove "$bundle/password"
    remove "$bundle/client.key"
  fi
  vendor_data=$(dirname "$bundle")/vendor-data
  if [ ! -e "$bundle/password" ] && [ -e "$vendor_data" ] &&
    [ "$(sha256sum <"$vendor_data")" = "$own_vendor_data  -" ]; then
    remove "$vendor_data"
  fi
  date -u +%Y-%m-%dT%H:%M:%SZ | put 644 $etc/proved
  sync $etc
}

# Whether nothing else has come into the folder meanwhile, such as other certificates under the same password. A bundle
# that was copied over another one may have left files there that it does not name.
is_proved_bundle() {
  for file in device.json ca.pem client.pem client.key; do
    [ ! -e "$bundle/$file" ] || [ ! -e $etc/$file ] || cmp -s "$bundle/$file" $etc/$file || return 1
  done
  [ ! -e "$bundle/password" ] || [ "$(cat "$bundle/password")" = "$(cat $etc/password)" ]
}

# A partition that cannot be written to is no reason to prove again and again.
remove() {
  [ -e "$1" ] || return 0
  if rm -f "$1"; then
    sync "${1%/*}"
  else
    say "$1 cannot be removed; remove it by hand"
  fi
}

# What keeps a path in memory, or nothing where it is kept by a disk; what cannot be looked at counts as memory. An overlay
# may keep it on a disk, but where is not to be seen. Source of the numbers: linux/magic.h, and fs/aufs/aufs.h.
memory_of() {
  case $(stat -f -c %t "$1" 2>/dev/null || :) in
    794c7630) echo overlay ;;
    61756673) echo aufs ;;
    1021994) echo tmpfs ;;
    858458f6) echo ramfs ;;
    '') echo unknown ;;
    *)
      case $(df -P "$1" 2>/dev/null || :) in
        *'
/dev/zram'* | *'
/dev/ram'*) echo zram ;;
      esac
      ;;
  esac
}

# Of what was proved, as prove makes it.
digest() {
  for file in device.json ca.pem client.pem client.key password; do
    [ ! -e $etc/$file ] || cat $etc/$file
  done | sha256sum | cut -d ' ' -f 1
}

# Whether systemd runs here; in a chroot and in an image it does not, or it is the host's.
answers() {
  [ -n "$(systemctl show --property=Version --value 2>/dev/null)" ]
}

folder() {
  mkdir -p "$1"
  sync "${1%/*}"
}

# Writes standard input into a file that is, after a power cut too, the old one or the new one. Which one it is, its
# folder must be synced to say.
put() {
  (umask 077 && cat >"$2.new")
  chmod "$1" "$2.new"
  sync "$2.new"
  mv -f "$2.new" "$2"
}

at_boot() {
  systemctl --root=/ --quiet enable "$1"
}

main "$@"
