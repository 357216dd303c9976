import * as pulumi from '@pulumi/pulumi';
import type { Owner } from '../mosquitto/owner';

/**
 * Whose a broker is. The id is that of the provider of Docker, or of the installation of a service: the engine makes it at random with the state, keeps it as
 * long as that lasts, and it is in the states of all earlier versions.
 */
export function ownerOf(provider: pulumi.CustomResource): pulumi.Output<Owner> {
  return provider.id.apply((id) => ({ project: pulumi.getProject(), stack: pulumi.getStack(), id }));
}

/** The value of an output, for a hook: none is called before the engine knows what the resource is made from. */
export function known<T>(output: pulumi.Output<T>): Promise<pulumi.Unwrap<T>> {
  return new Promise((resolve) => {
    output.apply((value) => resolve(value as pulumi.Unwrap<T>));
  });
}
