import type { Machine } from './machine';

/**
 * Writes the name of each manager that is switched on. Sources: ufw-framework(8), firewalld(1).
 */
const script = `grep -qs '^ENABLED=yes' /etc/ufw/ufw.conf && echo ufw
test -e /run/firewalld.pid && echo firewalld
:`;

/** Names of other managers of a machine's firewall that are active. */
export async function firewallManagers(machine: Pick<Machine, 'run'>): Promise<string[]> {
  const said = await machine.run(['sh', '-c', script]);
  return said.split('\n').filter((name) => name !== '');
}

/** What is said of them, a line each. */
export function managerWords(names: readonly string[], { name }: Pick<Machine, 'name'>): string[] {
  return names.map(
    (manager) =>
      `${manager} is active on ${name ?? 'this machine'}: for the ports that Docker publishes the firewall of the stack file counts, and ${manager} keeps the rest`,
  );
}
