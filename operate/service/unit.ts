/**
 * Program: makes the unit of a broker and starts it, or takes it away.
 *
 * First argument: `put` or `remove`. Standard input: a `UnitOrder` as JSON. Standard output: `{ id }` as JSON. Exit 1 with
 * the reason on standard error.
 */

import { text } from 'node:stream/consumers';
import { mustBeOurs } from '../../change/owner';
import { ownerIn } from '../../mosquitto/owner';
import { recordOfUnit, renderUnit, unitFile, unitName } from '../../mosquitto/unit';
import { type Machine, machineOf } from '../machine';
import { run } from '../program';
import { standBack } from '../standBack';
import { isTakenOver } from '../takenOver';
import { must, script } from './command';
import { sendBack } from './formerService';
import type { UnitOrder } from './serviceOrder';
import { restarting } from './starting';
import { UnitContainer } from './unitContainer';
import { unitId } from './unitState';
import { mustBeFree, mustBeNoOtherUnit } from './vacancy';

const put = [
  'umask 022',
  'unit=$1 file=$2',
  'cat >"$file.new"',
  'rm -rf "$file.d"',
  // What runs by the same unit goes on.
  'if cmp -s "$file.new" "$file" && systemctl is-active --quiet "$unit"; then rm "$file.new"; systemctl daemon-reload; exit 0; fi',
  'mv "$file.new" "$file"',
  'systemctl daemon-reload',
  'systemctl enable --quiet "$unit"',
  ...restarting,
];

run(async () => {
  const [step] = process.argv.slice(2);
  const { host, owner, ...record } = JSON.parse(await text(process.stdin)) as UnitOrder;
  const machine = machineOf(host);
  const { name } = record.options;
  const place = [unitName(name), unitFile(name)] as const;
  if (step === 'remove') {
    await new UnitContainer(machine, name).remove();
    return '';
  }
  await mustBeOurUnit(machine, name, owner);
  await standBack();
  await mustBeFree(
    machine,
    name,
    record.options.ports.map(({ external, ip }) => ({ port: external, bindAddress: ip })),
  );
  await sendBack(machine, name);
  await must(machine, script(put, ...place), renderUnit(record));
  return JSON.stringify({ id: unitId(record) });
});

/** @throws Error where there is one of the name that is somebody else's */
async function mustBeOurUnit(machine: Machine, name: string, owner: UnitOrder['owner']): Promise<void> {
  const holder = ownerIn(recordOfUnit(await mustBeNoOtherUnit(machine, name))?.labels ?? {});
  if (holder !== undefined && holder.id !== owner.id && !isTakenOver(name)) {
    mustBeOurs(name, { owner: holder, by: '', what: 'broker' }, owner.stack);
  }
}
