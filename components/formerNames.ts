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
  return ({ name: part, props, opts }) => {
    if (!(opts.parent instanceof MqttBroker)) return undefined;
    const former = { name: part.slice(name.length + 1), parent: pulumi.rootStackResource };
    return { props, opts: pulumi.mergeOptions(opts, { aliases: [former] }) };
  };
}
