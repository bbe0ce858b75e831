/** Bytes of one name in a file's: systems allow 255 in all. */
const LONGEST = 100;

/**
 * A text from outside as a part of a file's name: letters, digits, `_` and `-` of any script stay, everything else, dots
 * and slashes included, becomes `_`. So it names no other folder and no device on any system.
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

/** Makes names differ, also where a disk does not tell capital letters from small ones. */
export class FreshNames {
  readonly #taken = new Set<string>();

  /** The name itself, or with a number behind it: `cat-2`. */
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
