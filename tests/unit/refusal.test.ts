import { refusalOf } from '../../operate/service/refusal';

test.each([
  [
    'sudo: a password is required\n',
    'sudo on pi asks for a password; let this user use sudo without one (NOPASSWD), or log in as root',
  ],
  [
    'sudo: unable to resolve host pi: Name or service not known\nsudo: a password is required\n',
    'sudo on pi asks for a password; let this user use sudo without one (NOPASSWD), or log in as root',
  ],
  ['plain is not in the sudoers file.\n', 'this user may not use sudo on pi; let them, or log in as root'],
  [
    "Sorry, user plain is not allowed to execute '/bin/sh' as root on pi.\n",
    'this user may not use sudo on pi; let them, or log in as root',
  ],
  ['sh: 1: exec: sudo: not found\n', 'there is no sudo on pi; install it there, or log in as root'],
  [
    "System has not been booted with systemd as init system (PID 1). Can't operate.\nFailed to connect to bus: Host is down\n",
    'pi was not started by systemd; boot it with it, or choose runtime: container',
  ],
])('%j is told with the remedy', (said, words) => {
  expect(refusalOf('pi', said)).toBe(`host: ${words}`);
});

test.each(['', 'tar: password is required\n', 'Unit x.service could not be found.\n'])(
  '%j is of the command',
  (said) => {
    expect(refusalOf('pi', said)).toBeUndefined();
  },
);
