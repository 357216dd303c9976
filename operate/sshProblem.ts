/**
 * Why `ssh` did not come as far as to run a command, in one sentence with the remedy.
 *
 * @param host `ssh://USER@HOST:PORT`
 * @param said its standard error, in English
 */
export function sshProblem(host: string, said: string): string {
  const { username, hostname, port } = new URL(host);
  const name = hostname.replace(/^\[|\]$/g, '');
  const user = decodeURIComponent(username);
  const login = ['ssh', ...(port === '' ? [] : ['-p', port]), user === '' ? name : `${user}@${name}`].join(' ');
  if (/REMOTE HOST IDENTIFICATION HAS CHANGED/.test(said)) {
    return `${name} shows another host key than the one that ssh knows of it; find out why, and only then correct the known hosts`;
  }
  if (/Host key verification failed|host key is known for/.test(said)) {
    return `ssh does not know the host key of ${name}; compare it with the one of that machine and accept it once: ${login}`;
  }
  const denied = said.match(/Permission denied \((.*)\)/);
  if (denied !== null) {
    const who = user === '' ? 'you' : user;
    return `${name} does not let ${who} in by a key (${denied[1]}); put yours into the authorized_keys there, or load it into the ssh-agent here`;
  }
  const [last = ''] = said.trim().split('\n').slice(-1);
  return `ssh does not reach ${name} (${last.replace(/^ssh: /, '').trim() || 'it says no reason'}); try it by hand: ${login}`;
}
