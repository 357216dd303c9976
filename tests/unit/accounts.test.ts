import { usernameProblem } from '../../mosquitto/accounts';

describe('usernameProblem', () => {
  it.each(['aisa_server', 'pi-007', 'a', 'A.b_C-9', 'a'.repeat(64)])('accepts %j', (username) => {
    expect(usernameProblem(username)).toBeUndefined();
  });

  it.each([
    ['', 'is empty; write a name such as "aisa_server"'],
    ['a'.repeat(65), 'is longer than 64 characters; shorten it'],
    ['pi/7', 'contains "/"; use letters, digits, "-", "_", "."'],
    ['pi+7', 'contains "+"; use letters, digits, "-", "_", "."'],
    ['pi#7', 'contains "#"; use letters, digits, "-", "_", "."'],
    ['pi:7', 'contains ":"; use letters, digits, "-", "_", "."'],
    ['pi 7', 'contains " "; use letters, digits, "-", "_", "."'],
    ['pi\n7', 'contains "\\n"; use letters, digits, "-", "_", "."'],
    ['pi\n', 'contains "\\n"; use letters, digits, "-", "_", "."'],
    ['\u0000', 'contains "\\u0000"; use letters, digits, "-", "_", "."'],
    ['café', 'contains "é"; use letters, digits, "-", "_", "."'],
    ['pi😀', 'contains "😀"; use letters, digits, "-", "_", "."'],
  ])('refuses %j', (username, problem) => {
    expect(usernameProblem(username)).toBe(problem);
  });
});
