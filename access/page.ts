/** Who may do what, as one HTML page that needs nothing else: no script, no network, no fonts. */

import { visible } from '../mosquitto/quoted';
import { type AccessMatrix, type ListenerRow, loginWords, type RuleRow, reachWords } from './matrix';
import { style } from './pageStyle';

export function accessPage(matrix: AccessMatrix): string {
  const { stack, accounts, roles, example, listeners, network } = matrix;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Who may do what: ${text(stack)}</title>
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">Skip to the tables</a>
<header>
<h1>Who may do what <span class="stack">${text(stack)}</span></h1>
<p>${summary(matrix)}</p>
</header>
<main id="main" tabindex="-1">
${section(
  'accounts',
  'Accounts',
  'Services, each with a password of its own. Several may be connected at once.',
  ruleTable(
    'accounts',
    'Account',
    'What each account may publish and read',
    accounts.map(({ username, rules }) => ({ name: username, note: '', rules })),
  ),
)}
${section(
  'roles',
  'Roles of devices',
  '<code>{id}</code> stands for the device’s own id, so that none reaches what belongs to another.',
  ruleTable(
    'roles',
    'Role',
    'What devices of each role may publish and read',
    roles.map(({ name, devices, rules }) => ({ name, note: counted(devices, 'device'), rules })),
  ),
)}
${example === null ? '' : section('example', `One device: ${text(example.id)}`, `${example.declared ? 'A device of this stack' : 'No device is declared yet; this one stands for the first'}, with the role ${code(example.role)}.`, ruleTable('example', 'Device', 'What this device may publish and read', [{ name: example.id, note: '', rules: example.rules }]))}
${section('listeners', 'Listeners', 'Ports that answer, and who gets that far. Everybody logs in; nobody is anonymous.', listenerTable(listeners), network === null ? '' : `<p>Containers in the Docker network ${code(network)} reach every listener, past the firewall.</p>`)}
<section aria-labelledby="reading">
<h2 id="reading">How to read this</h2>
<dl>
<dt>${code('+')}</dt><dd>any one level of a topic</dd>
<dt>${code('#')}</dt><dd>all levels from there on, and the one above</dd>
<dt>${code('$…')}</dt><dd>what the broker says of itself; neither ${code('#')} nor ${code('+')} at the beginning matches it</dd>
<dt>never</dt><dd>wins over every line that says yes</dd>
</dl>
<p>What no line says yes to is refused. A refused message is dropped, and an MQTT 5 client is told so with reason code 0x87. A subscription is always granted; what its client may not read does not arrive.</p>
</section>
</main>
</body>
</html>
`;
}

function summary({ accounts, roles, listeners }: AccessMatrix): string {
  const devices = roles.reduce((sum, role) => sum + role.devices, 0);
  const open = listeners.filter(({ networks }) => networks !== 'this machine');
  const reach =
    open.length === 0
      ? 'Other machines reach none of the listeners.'
      : `Other machines reach ${open.length} of them: ${open.map(({ name }) => code(name)).join(', ')}.`;
  return [
    `${counted(accounts.length, 'account')}, ${counted(devices, 'device')} in ${counted(roles.length, 'role')},`,
    `${counted(listeners.length, 'listener')}. ${reach}`,
  ].join(' ');
}

/** Parts are HTML already. */
function section(id: string, title: string, lead: string, ...parts: readonly string[]): string {
  return `<section aria-labelledby="${id}">
<h2 id="${id}">${title}</h2>
<p>${lead}</p>
${parts.filter((part) => part !== '').join('\n')}
</section>`;
}

interface RuleGroup {
  name: string;
  note: string;
  rules: readonly RuleRow[];
}

function ruleTable(id: string, head: string, caption: string, groups: readonly RuleGroup[]): string {
  const body = groups.map(({ name, note, rules }) => {
    const title = `${text(name)}${note === '' ? '' : ` <span class="note">${note}</span>`}`;
    const first = `<th scope="rowgroup" rowspan="${Math.max(rules.length, 1)}" class="name">${title}</th>`;
    const rows =
      rules.length === 0
        ? ['<td colspan="4" class="none">may log in, and nothing more</td>']
        : rules.map(
            ({ access, topic, path }) =>
              `<td class="topic">${code(topic)}</td>${answer(access, 'write')}${answer(access, 'read')}<td class="line">${code(path)}</td>`,
          );
    return `<tbody>\n${rows.map((row, index) => `<tr>${index === 0 ? first : ''}${row}</tr>`).join('\n')}\n</tbody>`;
  });
  return scrolling(
    id,
    `<table class="rules">
<caption>${caption}</caption>
<thead><tr><th scope="col">${head}</th><th scope="col">Topic</th><th scope="col">Publish</th><th scope="col">Read</th><th scope="col">Line</th></tr></thead>
${body.join('\n')}
</table>`,
  );
}

function answer(access: RuleRow['access'], kind: 'read' | 'write'): string {
  if (access === 'deny') return '<td><span class="never">never</span></td>';
  return access === kind || access === 'readwrite' ? '<td><span class="yes">yes</span></td>' : '<td class="no">–</td>';
}

function listenerTable(listeners: readonly ListenerRow[]): string {
  const rows = listeners.map((listener) => {
    const { name, port, protocol, addresses, tls, clients, networks, path } = listener;
    const isFree = networks === 'everybody';
    const isOpen = networks !== 'this machine';
    return `<tr>
<th scope="row" class="name">${text(name)}</th>
<td>${port}</td>
<td>${protocol === 'mqtt' ? 'MQTT' : 'WebSockets'}</td>
<td class="list">${listed(addresses)}</td>
<td>${tls ? '<span class="yes">TLS</span>' : `<span class="${isOpen ? 'never' : 'plain'}">none</span>`}</td>
<td>${text(clients)}</td>
<td>${text(loginWords(listener))}</td>
<td class="list">${isFree ? '<span class="never">everybody</span>' : Array.isArray(networks) && networks.length > 0 ? listed(networks) : text(reachWords(listener))}</td>
<td class="line">${code(path)}</td>
</tr>`;
  });
  const head = ['Listener', 'Port', 'Protocol', 'Addresses', 'Encryption', 'Who logs in', 'By', 'Reached from', 'Line'];
  return scrolling(
    'listeners',
    `<table>
<caption>Where the broker answers, and whom</caption>
<thead><tr>${head.map((each) => `<th scope="col">${each}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`,
  );
}

/** What is wider than the window moves in its own frame, which the keyboard reaches. */
function scrolling(id: string, table: string): string {
  return `<div class="scroll" role="region" aria-labelledby="${id}" tabindex="0">
${table}
</div>`;
}

function listed(values: readonly string[]): string {
  return `<ul>${values.map((value) => `<li>${code(value)}</li>`).join('')}</ul>`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Letters of any direction stay where they are. */
function code(value: string): string {
  return `<code dir="auto">${text(value)}</code>`;
}

/** What nobody sees stands as an escape, and nothing acts in HTML. */
function text(value: string): string {
  const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return visible(value).replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}
