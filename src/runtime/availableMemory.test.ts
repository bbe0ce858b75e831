import assert from 'node:assert/strict';
import { totalmem } from 'node:os';
import { describe, test } from 'node:test';
import { availableMemory } from './availableMemory.js';

const MB = 2 ** 20;

/** Reads these files and no others. */
function reading(files: Readonly<Record<string, string>>): (file: string) => string {
  return (file) => {
    const text = files[file];
    if (text === undefined) throw new Error(`there is no ${file}`);
    return text;
  };
}

describe('available memory', () => {
  const limit = 100 * MB;
  const available = 10 * MB;
  const counts = `anon ${20 * MB}\ninactive_file ${60 * MB}\nactive_file ${5 * MB}\n`;
  const version2 = { '/proc/self/cgroup': '0::/box\n', '/sys/fs/cgroup/box/memory.stat': counts };
  const version1 = {
    '/proc/self/cgroup': '4:memory:/box\n3:cpuset:/\n0::/\n',
    '/sys/fs/cgroup/memory/box/memory.stat': `inactive_file 1\ntotal_inactive_file ${60 * MB}\n`,
  };

  test('within a limit includes files that the system can drop', () => {
    for (const files of [version2, version1]) {
      assert.equal(availableMemory({ limit, available, read: reading(files) }), 70 * MB);
    }
  });

  test('is what the system says without a limit, and where it does not show its counts', () => {
    for (const none of [0, 2 * totalmem()]) {
      assert.equal(availableMemory({ limit: none, available, read: reading(version2) }), available);
    }
    assert.equal(availableMemory({ limit, available, read: reading({}) }), available);
  });

  test('is read from this system', () => {
    assert.ok(availableMemory() > 0);
  });
});
