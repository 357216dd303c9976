/** What the engine says of a change in its own preview, as JSON: `pulumi preview --json`. */

import type { EngineStep } from './form';

/** One step of the engine, as far as it is read. */
interface Step {
  op: string;
  urn: string;
  oldState?: { protect?: boolean };
  diffReasons?: string[] | null;
  replaceReasons?: string[] | null;
}

export interface EnginePreview {
  steps?: Step[];
  diagnostics?: Array<{ message?: string; severity?: string }>;
}

/** What the engine does without changing anything. */
const quiet = ['same', 'read', 'refresh', 'import'];
/** A replacement is told in up to three steps. */
const replacing = ['replace', 'create-replacement', 'delete-replaced'];
/** Where a preview reaches Docker is not what an update will change. */
const ofPlayedEngine = ['host', 'certPath', 'context'];

/** Each resource that changes, once, in the order of names. */
export function engineSteps({ steps = [] }: EnginePreview): EngineStep[] {
  const told = new Map<string, EngineStep>();
  for (const step of steps) {
    if (quiet.includes(step.op) || isPlayed(step)) continue;
    const operation = replacing.includes(step.op) ? 'replace' : step.op;
    const properties = [...new Set([...(step.diffReasons ?? []), ...(step.replaceReasons ?? [])])];
    const known = told.get(step.urn);
    told.set(step.urn, {
      operation,
      ...nameIn(step.urn),
      properties: [...new Set([...(known?.properties ?? []), ...properties])].sort(),
      protected: known?.protected === true || step.oldState?.protect === true,
    });
  }
  return [...told.values()].sort((a, b) => (keyOf(a) < keyOf(b) ? -1 : 1));
}

function isPlayed({ op, urn, diffReasons }: Step): boolean {
  const isProvider = nameIn(urn).type === 'pulumi:providers:docker';
  return isProvider && op === 'update' && (diffReasons ?? []).every((reason) => ofPlayedEngine.includes(reason));
}

/** Of a type with its parents, as in `aipi:index:Broker$docker:index/container:Container`, the last one. */
function nameIn(urn: string): { type: string; name: string } {
  const [, , types = '', name = ''] = urn.split('::');
  return { type: types.split('$').at(-1) ?? types, name };
}

function keyOf({ type, name }: EngineStep): string {
  return `${name} ${type}`;
}
