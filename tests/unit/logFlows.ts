/** Lines as `npm run log -- STACK --json` has them. */

import { LogFlow } from '../../watching/logFlow';
import { readLine } from '../../watching/logLines';
import { type LogRecord, recordOf } from '../../watching/logRecord';

export function logFlowOf(lines: readonly string[]): LogRecord[] {
  const said: LogRecord[] = [];
  const flow = new LogFlow((line, probe) => said.push(recordOf(line, probe)));
  for (const line of lines) flow.add(readLine(line));
  flow.end();
  return said;
}
