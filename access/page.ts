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
<p>${summary(matrix)} Read from ${code(`Pulumi.${stack}.yaml`)}; what is deployed may differ.</p>
</header>
<main id="main" tabindex="-1">
${section(
  'accounts',
  'Accounts',
  'Services, each with a password of its own. Several may be connected at once.',
  ruleTable(
    'accounts',
    'What each account may publish and read',
    accounts.map(({ username, rules }) => ({ name: username, note: '', rules })),
  ),
)}
${section(
  'roles',
  'Roles of devices',
  '<code>{id}</code> stands for the own id of each device.',
  ruleTable(
    'roles',
    'What devices of each role may publish and read',
    roles.map(({ name, devices, rules }) => ({ name, note: counted(devices, 'device'), rules })),
  ),
)}
${example === null ? '' : section('example', `One device: ${text(example.id)}`, `${example.declared ? 'A device of this stack' : 'No device is declared yet; this one stands for the first'}, with the role ${code(example.role)}.`, ruleTable('example', 'What this device may publish and read', [{ name: example.id, note: '', rules: example.rules }]))}
${section('listeners', 'Listeners', 'Ports that answer, and who gets that far. Everybody logs in; nobody is anonymous.', listenerTable(listeners), network === null ? '' : `<p>Containers in the Docker network ${code(network)} reach every listener, past the firewall.</p>`)}
<h2>How to read this</h2>
<dl>
<dt>${code('+')}</dt><dd>any one level of a topic</dd>
<dt>${code('#')}</dt><dd>all levels from there on, and the one above</dd>
<dt>${code('$…')}</dt><dd>what the broker says of itself; neither ${code('#')} nor ${code('+')} at the beginning matches it</dd>
<dt>never</dt><dd>wins over every line that says yes</dd>
</dl>
<p>What no line says yes to is refused. A refused message is dropped, and an MQTT 5 client is told so with reason code 0x87. A subscription is always granted; what its client may not read does not arrive.</p>
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
  return `<h2 id="${id}">${title}</h2>
<p>${lead}</p>
${parts.filter((part) => part !== '').join('\n')}`;
}

interface RuleGroup {
  name: string;
  note: string;
  rules: readonly RuleRow[];
}

const ruleColumns = ['Topic', 'Publish', 'Read', 'Line'] as const;

/** A group is named above its rows: each cell says whose it is, for those who hear the table. */
function ruleTable(id: string, caption: string, groups: readonly RuleGroup[]): string {
  const body = groups.map(({ name, note, rules }, index) => {
    const group = `${id}-${index}`;
    const title = `${text(name)}${note === '' ? '' : ` <span class="note">${note}</span>`}`;
    const cell = (column: number, kind: string, content: string) =>
      `<td headers="${group} ${id}-${ruleColumns[column]?.toLowerCase()}"${kind === '' ? '' : ` class="${kind}"`}>${content}</td>`;
    const rows = rules.map(({ access, topic, path }) => {
      const [publish, read] = [answer(access, 'write'), answer(access, 'read')];
      return `<tr>${cell(0, '', code(topic))}${cell(1, '', publish)}${cell(2, '', read)}${cell(3, 'line', code(path))}</tr>`;
    });
    const none = `<tr><td headers="${group}" colspan="4" class="none">may log in, and nothing more</td></tr>`;
    return `<tbody>
<tr class="group"><th id="${group}" scope="rowgroup" colspan="4">${title}</th></tr>
${rows.length === 0 ? none : rows.join('\n')}
</tbody>`;
  });
  const head = ruleColumns.map((column) => `<th id="${id}-${column.toLowerCase()}" scope="col">${column}</th>`);
  return scrolling(
    id,
    `<table class="rules">
<caption>${caption}</caption>
<colgroup><col><col class="answer"><col class="answer"><col class="place"></colgroup>
<thead><tr>${head.join('')}</tr></thead>
${body.join('\n')}
</table>`,
  );
}

function answer(access: RuleRow['access'], kind: 'read' | 'write'): string {
  if (access === 'deny') return '<span class="never">never</span>';
  return access === kind || access === 'readwrite' ? '<span class="yes">yes</span>' : '<span class="no">–</span>';
}

function listenerTable(listeners: readonly ListenerRow[]): string {
  const rows = listeners.map((listener) => {
    const { name, port, protocol, addresses, tls, clients, networks, path } = listener;
    const isOpen = networks !== 'this machine';
    const speaks = `${protocol === 'mqtt' ? 'MQTT' : 'WebSockets'}, port ${port}`;
    return `<tr>
<th scope="row">${text(name)} <span class="note">${speaks}</span></th>
<td>${listed(addresses)}</td>
<td>${tls ? '<span class="yes">TLS</span>' : `<span class="${isOpen ? 'never' : 'no'}">none</span>`}</td>
<td>${text(clients)} <span class="note">by ${text(loginWords(listener))}</span></td>
<td>${reach(listener)}</td>
<td class="line">${code(path)}</td>
</tr>`;
  });
  const head = ['Listener', 'Addresses', 'Encryption', 'Who logs in', 'Reached from', 'Line'];
  return scrolling(
    'listeners',
    `<table class="listeners">
<caption>Where the broker answers, and whom</caption>
<thead><tr>${head.map((each) => `<th scope="col">${each}</th>`).join('')}</tr></thead>
<tbody>
${rows.join('\n')}
</tbody>
</table>`,
  );
}

function reach(listener: ListenerRow): string {
  const { networks } = listener;
  if (networks === 'everybody') return '<span class="never">everybody</span>';
  return networks === 'this machine' || networks.length === 0 ? text(reachWords(listener)) : listed(networks);
}

/** What is wider than the window moves in its own frame, which the keyboard reaches. */
function scrolling(id: string, table: string): string {
  return `<section class="scroll" aria-labelledby="${id}" tabindex="0">
${table}
</section>`;
}

function listed(values: readonly string[]): string {
  return `<ul>${values.map((value) => `<li>${code(value)}</li>`).join('')}</ul>`;
}

function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

/** Letters of any direction stay where they are; lines break between levels. */
function code(value: string): string {
  return `<code dir="auto">${text(value).replace(/[/.:]/g, '$&<wbr>')}</code>`;
}

/** What nobody sees stands as an escape, and nothing acts in HTML. */
function text(value: string): string {
  const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
  return visible(value).replace(/[&<>"']/g, (character) => escapes[character] ?? character);
}
