/** Bytes for one part of a file name: systems allow 255 in total. */
const LONGEST = 100;

/**
 * Makes untrusted text safe as part of a file name: letters, digits, `_` and `-` of any script stay; everything else,
 * including dots and slashes, becomes `_`. The result cannot name another folder or a device on any system.
 */
export function safeName(text: string): string {
  const letters = Array.from(text.normalize('NFC').replaceAll(/[^\p{L}\p{N}_-]+/gu, '_'));
  let safe = '';
  for (const letter of letters) {
    if (Buffer.byteLength(safe + letter) > LONGEST) break;
    safe += letter;
  }
  return safe === '' ? '_' : safe;
}

/** Makes names distinct, even on case-insensitive disks. */
export class FreshNames {
  readonly #taken = new Set<string>();

  /** The name, with a number appended if it is taken: `cat-2`. */
  take(name: string): string {
    for (let number = 1; ; number++) {
      const fresh = number === 1 ? name : `${name}-${number}`;
      const key = fresh.toLowerCase();
      if (this.#taken.has(key)) continue;
      this.#taken.add(key);
      return fresh;
    }
  }
}
