import type * as pulumi from '@pulumi/pulumi';
import type { BrokerSettings } from '../settings';
import { DockerPlace } from './docker';
import type { Place } from './place';
import { ServicePlace } from './service';

/** Where the settings say that the broker runs. */
export function placeOf(parent: pulumi.Resource, name: string, settings: BrokerSettings): Place {
  return settings.runtime === 'service'
    ? new ServicePlace(parent, name, settings)
    : new DockerPlace(parent, name, settings);
}
