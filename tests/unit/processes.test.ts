/** Of the kernel's own tables, so on Linux alone. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { engineStart, parentOf } from '../../operate/engine';

const onLinux = process.platform === 'linux' ? describe : describe.skip;

onLinux('parentOf', () => {
  it('knows who has started this process, and nobody of one that is not there', () => {
    expect(parentOf(process.pid)).toBe(process.ppid);
    expect(parentOf(2 ** 30)).toBeUndefined();
  });

  it('is not misled by the name of a program', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'aipi-mqtt-process-'));
    const program = join(folder, 'a) S 1 (b');
    writeFileSync(program, '#!/bin/sh\necho begins\nread -r end\n');
    chmodSync(program, 0o700);
    const child = spawn(program, { stdio: ['pipe', 'pipe', 'ignore'] });
    try {
      await once(child.stdout, 'data');
      expect(parentOf(child.pid ?? 0)).toBe(process.pid);
    } finally {
      const ended = once(child, 'exit');
      child.stdin.end();
      await ended;
      rmSync(folder, { recursive: true });
    }
  });
});

onLinux('engineStart', () => {
  it('is some time before now', () => {
    const began = engineStart();
    // Process 0 of a container has no entry, so there nobody knows.
    if (parentOf(process.ppid) === 0) expect(began).toBeUndefined();
    else expect(began).toBeLessThanOrEqual(Date.now());
  });
});
