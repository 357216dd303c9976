/** What cannot be had of Pulumi, in words for the person who has to get it. */

import { list } from './list';
import { languageHost, type Plugin } from './plugins';
import { oldest } from './programs';
import { GoMissing } from './toolchain/go';

export interface Lack {
  /** Path of the engine, undefined where that is lacking, too. */
  engine: string | undefined;
  languageHost: boolean;
  plugins: readonly Plugin[];
}

const site = 'https://www.pulumi.com/docs/install';

/**
 * One sentence: what is lacking, why it could be neither downloaded nor built, and the remedy for just that.
 *
 * @param refusal why it could not be downloaded
 * @param failure why it could not be built
 */
export function lackWords(lack: Lack, refusal: string, failure: Error): string {
  const things = list(lacking(lack));
  const are = lack.plugins.length > 1 || things.includes(' and ') ? 'are' : 'is';
  const go = failure instanceof GoMissing ? `, or install ${failure.remedy}` : '';
  return (
    `${things[0]?.toUpperCase()}${things.slice(1)} ${are} not here and cannot be got (${refusal}; cannot build: ` +
    `${failure.message}); ${list(remedies(lack))}${go}`
  );
}

function lacking({ engine, languageHost: host, plugins }: Lack): string[] {
  const names = plugins.map(([name, version]) => `${name} ${version}`);
  return [
    ...(engine === undefined ? ['the engine of Pulumi'] : []),
    ...(engine !== undefined && host ? [`the language host ${languageHost} of ${engine}`] : []),
    ...(names.length > 0 ? [`the plug-in${names.length > 1 ? 's' : ''} ${list(names)}`] : []),
  ];
}

function remedies({ engine, languageHost: host, plugins }: Lack): string[] {
  const commands = plugins.map(([name, version]) => `pulumi plugin install resource ${name} ${version}`);
  return [
    ...(engine === undefined ? [`install Pulumi ${oldest} or newer (${site})`] : []),
    ...(engine !== undefined && host ? [`install the whole of Pulumi (${site})`] : []),
    ...(commands.length > 0 ? [`run "${commands.join(' && ')}"`] : []),
  ];
}
