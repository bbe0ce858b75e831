import { existsSync } from 'node:fs';
import { join } from 'node:path';

/** A new folder name for a run that starts now: `runs/2024-05-31-1942-search`. */
export function newRunName(command: string, now: Date = new Date()): string {
  const two = (value: number): string => String(value).padStart(2, '0');
  const day = `${now.getFullYear()}-${two(now.getMonth() + 1)}-${two(now.getDate())}`;
  const name = join('runs', `${day}-${two(now.getHours())}${two(now.getMinutes())}-${command}`);
  for (let number = 1; ; number++) {
    const candidate = number === 1 ? name : `${name}-${number}`;
    if (!existsSync(candidate)) return candidate;
  }
}
