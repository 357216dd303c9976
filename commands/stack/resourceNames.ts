/**
 * How the parts of a broker are called in a state. Versions before had nothing around them: they stood at the top of the
 * stack, `storage` and all. The first update of this version calls them anew; until then, and after one that was cut off
 * in between, a state has those of before.
 */

import { brokerResource } from '../../settings/resourceName';

const brokerType = 'aipi:index:MqttBroker';
/** Types of what stood at the top. */
const formerTypes = /^(aipi:index:|pulumi:providers:docker$)/;

/** The names that a part may have, that of now first. */
export function namesOf(part: string): readonly string[] {
  return [`${brokerResource}-${part}`, part];
}

/** The URN that a resource has after an update of this version. */
export function presentUrn(urn: string): string {
  const [start, types = '', name = ''] = parts(urn);
  const whole = `${brokerType}$`;
  const isOfBroker = types.startsWith(whole);
  if (types === brokerType || !(isOfBroker || formerTypes.test(types))) return urn;
  // An update that was cut off may have called a part anew by its types alone.
  const called = name.startsWith(`${brokerResource}-`) ? name : `${brokerResource}-${name}`;
  return `${start}::${isOfBroker ? types : `${whole}${types}`}::${called}`;
}

/** Stack and project, types, and name. */
function parts(urn: string): string[] {
  const [start, project, ...rest] = urn.split('::');
  return [`${start}::${project}`, ...rest];
}
