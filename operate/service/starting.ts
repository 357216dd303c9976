/** Lines of a script that start a broker. */

/**
 * Starts the unit that `$unit` names anew, and waits for the broker's own word that it runs: a signal that comes before ends
 * it. One that does not come up is told by whoever asks it next.
 */
export const restarting: readonly string[] = [
  'systemctl restart "$unit"',
  'for each in $(seq 100); do',
  'pid=$(systemctl show --property=MainPID --value "$unit")',
  'if journalctl --quiet --output=cat "_SYSTEMD_UNIT=$unit" "_PID=$pid" | grep -q "^.*mosquitto version .* running$"; then exit 0; fi',
  'sleep 0.1',
  'done',
];
