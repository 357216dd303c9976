/**
 * Logins by `ssh` that are under way at once: of more than ten a server closes some at random, and others than this program
 * log in, too. Source: sshd_config(5), MaxStartups.
 */

const most = 3;
/** Whoever is silent as long is in, and waits for something else. */
const longestMilliseconds = 5_000;

let underWay = 0;
const waiting: (() => void)[] = [];

/** @returns to be called when the login is done, once or more often */
export async function login(): Promise<() => void> {
  if (underWay >= most) await new Promise<void>((next) => waiting.push(next));
  else underWay++;
  let isDone = false;
  const done = () => {
    if (isDone) return;
    isDone = true;
    clearTimeout(timer);
    const next = waiting.shift();
    if (next === undefined) underWay--;
    else next();
  };
  const timer = setTimeout(done, longestMilliseconds);
  timer.unref();
  return done;
}
