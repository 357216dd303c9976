import * as docker from '@pulumi/docker';
import * as pulumi from '@pulumi/pulumi';

/**
 * The Docker engine that the stack is on. It is tried before the plug-in is: of one that does not answer, Pulumi's own
 * plug-in only says that something unexpected has happened, even in a preview.
 *
 * @param host in the form of `DOCKER_HOST`; undefined for that of the environment
 * @param mustAnswer fails with one sentence where nothing answers there
 */
export function dockerProvider(
  name: string,
  host: string | undefined,
  mustAnswer: (host: string | undefined) => Promise<void>,
): docker.Provider {
  return new docker.Provider(name, { host: answering(host, mustAnswer) as Promise<string> });
}

/** Where the environment names one, the provider takes it by itself only if it is given none at once. */
async function answering(
  host: string | undefined,
  mustAnswer: (host: string | undefined) => Promise<void>,
): Promise<string | undefined> {
  try {
    await mustAnswer(host);
  } catch (error) {
    // Thrown by itself it is all that the engine says; as a reason not to get this input it would stand behind the
    // name of every property that waits for it.
    setImmediate(() => {
      throw new pulumi.RunError((error as Error).message);
    });
    return new Promise(() => {});
  }
  return host ?? process.env.DOCKER_HOST;
}
