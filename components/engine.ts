import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';

/** What is needed of where an engine is; see operate/dockerAddress.ts. */
interface Address {
  host: string;
  certificates: string | undefined;
}

/**
 * The Docker engine that the stack is on. It is tried before the plug-in is: of one that does not answer, Pulumi's own
 * plug-in only says that something unexpected has happened, even in a preview.
 *
 * @param host in the form of `DOCKER_HOST`; undefined for that of the environment
 * @param mustAnswer finds the engine; fails with one sentence where nothing answers there
 */
export function dockerProvider(
  name: string,
  host: string | undefined,
  mustAnswer: (host: string | undefined) => Promise<Address>,
  options?: pulumi.ResourceOptions,
): docker.Provider {
  const address = answering(host, mustAnswer);
  return new docker.Provider(
    name,
    {
      host: address.then((found) => found.host),
      // What is given counts before the environment, which may name certificates for another engine, and a context that
      // the plug-in prefers to the host: empty words are none.
      certPath: address.then((found) => found.certificates ?? ''),
      context: '',
    },
    options,
  );
}

async function answering(
  host: string | undefined,
  mustAnswer: (host: string | undefined) => Promise<Address>,
): Promise<Address> {
  try {
    return await mustAnswer(host);
  } catch (error) {
    // Thrown by itself it is all that the engine says; as a reason not to get this input it would stand behind the
    // name of every property that waits for it.
    setImmediate(() => {
      throw new pulumi.RunError((error as Error).message);
    });
    return new Promise(() => {});
  }
}
