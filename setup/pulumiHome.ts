/** The folders that Pulumi keeps its plug-ins and its logins in: the user's own, and the one of this product. */

import { existsSync } from 'node:fs';
import { homedir, userInfo } from 'node:os';
import { dirname, join, resolve, sep } from 'node:path';
import { isLoggedIn } from './backend';

export interface PulumiHomes {
  /** That of an ordinary `pulumi`: what is here counts first, and no stand-in is ever put here. */
  own: string;
  /** A folder of AIPI_HOME for the stand-ins, with the user's own plug-ins linked beside them. */
  mixed: string;
  /** Where the logins are. */
  logins: string;
}

/** Tells the next run in the same shell which folder PULUMI_HOME named, where it had to name ours instead. */
const ownName = 'AIPI_PULUMI_HOME';

/**
 * Finds the folders.
 *
 * @param home AIPI_HOME, absolute
 * @param usual the user's own where the environment names none
 */
export function pulumiHomes(home: string, environment: NodeJS.ProcessEnv, usual = usualHome()): PulumiHomes {
  const named = [environment.PULUMI_HOME, environment[ownName]].find((folder) => isUsers(folder, home));
  const own = resolve(named ?? usual);
  const mixed = join(home, 'pulumi');
  const { PULUMI_CREDENTIALS_PATH: chosen } = environment;
  if (isUsers(chosen, home)) return { own, mixed, logins: chosen };
  // A login from a shell whose PULUMI_HOME was ours.
  const candidates = named === undefined ? [own, mixed] : [own];
  return { own, mixed, logins: candidates.find(isLoggedIn) ?? own };
}

/** As the engine finds it: that of the user's entry in the list of users, whatever HOME says. */
function usualHome(): string {
  return join(listedFolder() ?? homedir(), '.pulumi');
}

function listedFolder(): string | undefined {
  try {
    return userInfo().homedir;
  } catch {
    return undefined;
  }
}

/** Whether a variable names a folder that is the user's, not one that `npm run env` exported. */
function isUsers(folder: string | undefined, home: string): folder is string {
  if (folder === undefined || folder === '') return false;
  const path = resolve(folder);
  return !path.startsWith(home + sep) && !existsSync(join(dirname(path), 'engine.json'));
}

/** What must be added to the environment so that the engine works with `used`, one of the two homes. */
export function homeEnvironment(
  homes: PulumiHomes,
  used: string,
  environment: NodeJS.ProcessEnv,
  usual = usualHome(),
): Record<string, string> {
  const effective = environment.PULUMI_HOME || usual;
  const logins = environment.PULUMI_CREDENTIALS_PATH || used;
  return {
    ...(effective !== used && { PULUMI_HOME: used }),
    ...(used !== homes.own && homes.own !== usual && { [ownName]: homes.own }),
    // The engine makes the folder that it is told, so it is told of none that the user does not have.
    ...(logins !== homes.logins && existsSync(homes.logins) && { PULUMI_CREDENTIALS_PATH: homes.logins }),
  };
}
