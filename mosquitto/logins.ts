/** Who may log in at which listener, and by which file what its clients may do, in the words of each release. */

import type { OptionLine } from './configKey';
import { fileNames, pathOf } from './files';
import type { Layout } from './layout';
import { type ClientKind, clientKinds, type Listener } from './listeners';
import type { Release } from './release';

/** The files that say who may log in at a listener, and what its clients may do. */
const accessFiles = {
  accounts: { passwords: fileNames.passwords, acl: fileNames.acl },
  devices: { passwords: fileNames.devicePasswords, acl: fileNames.deviceAcl },
} as const;

export interface LoginLines {
  /** Before every listener. */
  general: OptionLine[];
  /** In a listener of that kind of client. */
  own(kind: ClientKind): OptionLine[];
}

/** Patterns apply to every user of a file of rules, so accounts must not share one with devices. */
export function loginLines(listeners: readonly Listener[], release: Release, layout: Layout): LoginLines {
  const kinds = clientKinds.filter((kind) => listeners.some(({ clients }) => clients === kind));
  if (release.hasPlugins) return byPlugins(kinds, layout);
  const [only] = kinds;
  return areApart(listeners) || only === undefined
    ? { general: [{ option: 'per_listener_settings', value: 'true' }], own: (kind) => fileLines(kind, layout) }
    : { general: fileLines(only, layout), own: () => [] };
}

/** Whether accounts and devices both have listeners. */
export function areApart(listeners: readonly Pick<Listener, 'clients'>[]): boolean {
  return clientKinds.every((kind) => listeners.some(({ clients }) => clients === kind));
}

/** The plug-ins replace `password_file` and `acl_file`, which are deprecated in 2.1. They are loaded once for each kind. */
function byPlugins(kinds: readonly ClientKind[], layout: Layout): LoginLines {
  return {
    general: [
      { option: 'allow_anonymous', value: 'false' },
      ...kinds.flatMap((kind) => [
        { option: 'plugin_load', value: `${kind}_password_file ${layout.plugins}/mosquitto_password_file.so` },
        { option: 'plugin_opt_password_file', value: pathOf(accessFiles[kind].passwords, layout) },
        { option: 'plugin_load', value: `${kind}_acl_file ${layout.plugins}/mosquitto_acl_file.so` },
        { option: 'plugin_opt_acl_file', value: pathOf(accessFiles[kind].acl, layout) },
      ]),
    ],
    own: (kind) => [
      { option: 'plugin_use', value: `${kind}_password_file` },
      { option: 'plugin_use', value: `${kind}_acl_file` },
    ],
  };
}

function fileLines(kind: ClientKind, layout: Layout): OptionLine[] {
  return [
    { option: 'allow_anonymous', value: 'false' },
    { option: 'password_file', value: pathOf(accessFiles[kind].passwords, layout) },
    { option: 'acl_file', value: pathOf(accessFiles[kind].acl, layout) },
  ];
}
