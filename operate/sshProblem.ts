/** What `ssh` leads to cannot be used. The message says why, in one sentence with the remedy. */
export class SshFailure extends Error {}

/** Exit code of `ssh` for what is not the fault of the command. Source: ssh(1). */
export const sshFailed = 255;

/**
 * Why the command of an engine did not come as far as to reach it, in one sentence with the remedy.
 *
 * @param host `ssh://USER@HOST:PORT/PATH`
 * @param said its standard error
 */
export function engineProblem(host: string, said: string): string {
  const { name, user } = partsOf(host);
  const who = user === '' ? 'your user' : user;
  if (/docker(\.exe)?['"]?:? (command )?not found|docker: not found/i.test(said)) {
    return `${name} has no "docker" command on the PATH of ${who}; install one there, for example the package docker.io or docker-ce-cli`;
  }
  if (/permission denied/i.test(said)) {
    return `${who} may not use the Docker engine of ${name}; let that user do so there (usermod -aG docker ${user || 'USER'}), or log in as one who may`;
  }
  if (/connection refused|no such file or directory|cannot connect to the docker daemon/i.test(said)) {
    return `no Docker engine runs on ${name} where its "docker" command looks for one; start it there, for example: systemctl start docker`;
  }
  return `the "docker" command of ${name} does not reach its engine (${lastLine(said)}); try it there: docker version`;
}

/**
 * Why `ssh` did not come as far as to run a command, in one sentence with the remedy.
 *
 * @param host `ssh://USER@HOST:PORT`
 * @param said its standard error, in English
 */
export function sshProblem(host: string, said: string): string {
  const { name, user, login } = partsOf(host);
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(said)) {
    const [, changed = 'a machine'] = said.match(/^Host key for (\S+) has changed/m) ?? [];
    const other = isBehindOthers(said) ? `${changed}, on the way to ${name},` : name;
    return `${other} shows another host key than the one that ssh knows of it; find out why, and only then correct the known hosts`;
  }
  if (/Host key verification failed|host key is known for/.test(said)) {
    const other = isBehindOthers(said) ? `a machine on the way to ${name}` : name;
    return `ssh does not know the host key of ${other}; compare it with the one of that machine and accept it once: ${login}`;
  }
  if (/administratively prohibited|stdio forwarding failed: .*prohibited/i.test(said)) {
    return `the server of ssh on ${name} forwards no connections to itself, so what answers there alone cannot be tried; allow it there (AllowTcpForwarding yes)`;
  }
  const denied = said.match(/^(?:(\S+)@(\S+): )?Permission denied \((.*)\)/m);
  if (denied !== null) {
    const [, whoThere = '', there = '', ways] = denied;
    const isOther = there !== '' && isBehindOthers(said);
    const who = isOther ? whoThere : user === '' ? 'you' : user;
    return `${isOther ? `${there}, on the way to ${name},` : name} does not let ${who} in by a key (${ways}); put yours into the authorized_keys there, or load it into the ssh-agent here`;
  }
  return `ssh does not reach ${name} (${lastLine(said)}); try it by hand: ${login}`;
}

/** That an `ssh` was ended by this program, because nobody had let it in for too long. */
export function silent(host: string): string {
  return sshProblem(host, 'it answers, and then falls silent');
}

/** That there is no `ssh` at all. */
export function missing(host: string): string {
  return `there is no "ssh" on PATH, and ${partsOf(host).name} is reached by it; install it, for example the package openssh-client`;
}

function partsOf(host: string): { name: string; user: string; login: string } {
  const { username, hostname, port } = new URL(host);
  const name = hostname.replace(/^\[|\]$/g, '');
  const user = decodeURIComponent(username);
  const login = ['ssh', ...(port === '' ? [] : ['-p', port]), user === '' ? name : `${user}@${name}`].join(' ');
  return { name, user, login };
}

/** What the others say who lead to a machine ends as if it were said by nobody. Source: ssh_proxy_connect of OpenSSH. */
function isBehindOthers(said: string): boolean {
  return /UNKNOWN port 65535/.test(said);
}

/** What follows from the reason, and is none. */
const ofFollowing = /UNKNOWN port 65535|^kex_exchange_identification: |^stdio forwarding failed/;

function lastLine(said: string): string {
  const lines = said.trim().split(/\r?\n/);
  const [last = ''] = [...lines.filter((line) => !isBehindOthers(said) || !ofFollowing.test(line)), ''].slice(-2);
  return last.replace(/^ssh: |^channel \d+: open failed: /, '').trim() || 'it says no reason';
}
