import * as pulumi from '@pulumi/pulumi';
import { MqttBroker } from './mqttBroker';

/**
 * Lets the parts of a broker take over what stands in the state without a broker around it, as versions before have made
 * it: `storage` becomes `<name>-storage`, and whatever is in it comes along.
 *
 * For the broker that was there before; any other one would take over what is not its own.
 *
 * @param name of the broker
 */
export function formerNames(name: string): pulumi.ResourceTransformation {
  const beginning = `${name}-`;
  return ({ name: part, props, opts }) => {
    if (!part.startsWith(beginning)) return undefined;
    const former = { name: part.slice(beginning.length) };
    // An update that was cut off has called the component anew, and what is in it only by the type of its parents.
    const isAtTop = opts.parent instanceof MqttBroker;
    const alias = isAtTop ? { ...former, parent: pulumi.rootStackResource } : former;
    return { props, opts: pulumi.mergeOptions(opts, { aliases: [alias] }) };
  };
}
