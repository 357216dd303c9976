/** The broker's own way of reading its files, as far as it differs from ours: it drops white space at both ends. */

const whiteSpace = /^[ \t\v\f\r]+|[ \t\v\f\r]+$/g;

function linesOf(text: string): string[] {
  return text
    .split('\n')
    .map((line) => line.replace(whiteSpace, ''))
    .filter((line) => line !== '' && !line.startsWith('#'));
}

/** An ACL file as user name to sorted `access topic`, and the patterns of everybody. */
export function brokerReadsAcl(text: string): { users: Map<string, string[]>; patterns: string[] } {
  const users = new Map<string, string[]>();
  const patterns: string[] = [];
  let current: string[] | undefined;
  for (const line of linesOf(text)) {
    const [keyword, rest = ''] = cut(line);
    if (keyword === 'user') {
      current = users.get(rest) ?? [];
      users.set(rest, current);
    } else if (keyword === 'pattern') {
      patterns.push(cut(rest).join(' '));
    } else {
      const [access, topic] = cut(rest);
      if (keyword !== 'topic' || current === undefined) throw new Error(`the broker ends on ${JSON.stringify(line)}`);
      current.push(`${access} ${topic}`);
    }
  }
  return { users: new Map([...users].map(([name, rules]) => [name, rules.sort()])), patterns: patterns.sort() };
}

/** A configuration as `option value`, in order. */
export function brokerReadsConfiguration(text: string): string[] {
  return linesOf(text).map((line) => cut(line).join(' '));
}

/** The first word, and the rest without the spaces between. */
function cut(line: string): [string, string] {
  const [, first = '', rest = ''] = line.match(/^([^ ]*) *(.*)$/su) ?? [];
  return [first, rest];
}
