import { connect } from 'node:net';
import * as pulumi from '@pulumi/pulumi';

/** Names the socket of the command that runs the engine; its folder is its owner's alone. */
const variable = 'AIPI_OUTPUTS_SOCKET';

/**
 * Tells the command that runs the engine a part of what the stack hands over, as soon as it is known: to ask the engine
 * takes half a second. Without such a command, in a preview, or where nobody listens any more, nothing is told.
 */
export function handOver(outputs: Record<string, pulumi.Input<unknown>>): void {
  const path = process.env[variable];
  if (path === undefined || pulumi.runtime.isDryRun()) return;
  pulumi.output(outputs).apply((values) => {
    connect(path)
      .on('error', () => {})
      .end(JSON.stringify(values));
  });
}
