/** What runs the broker of a stack is made with. */

import { type ContainerOptions, containerOptions } from '../mosquitto/container';
import { serviceOptions } from '../mosquitto/unit';
import type { ReviewedSettings } from '.';

/** @param image id of the image, or of the installed Mosquitto */
export function optionsOf(settings: ReviewedSettings, image: string): ContainerOptions {
  return settings.runtime === 'service' ? serviceOptions(settings, image) : containerOptions(settings, image);
}
