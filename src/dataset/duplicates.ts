const WORDS = 4;

/** Finds duplicates among many images by their hashes, in 20 bytes per image. */
export class Duplicates {
  private readonly words: Uint32Array;
  private readonly added: number[] = [];

  /** `count` is one more than the greatest index that will be added. */
  constructor(count: number) {
    this.words = new Uint32Array(WORDS * count);
  }

  /** Records the hash of image `index`; its first 16 bytes count. */
  add(index: number, hash: Buffer): void {
    for (let word = 0; word < WORDS; word++) this.words[WORDS * index + word] = hash.readUInt32LE(4 * word);
    this.added.push(index);
  }

  /** Groups of two or more indices with equal content, all in ascending order. */
  groups(): number[][] {
    const order = Uint32Array.from(this.added).sort((a, b) => this.compare(a, b) || a - b);
    const groups: number[][] = [];
    for (let begin = 0; begin < order.length;) {
      let end = begin + 1;
      while (end < order.length && this.compare(order[begin], order[end]) === 0) end++;
      if (end - begin > 1) groups.push([...order.subarray(begin, end)]);
      begin = end;
    }
    return groups.sort((a, b) => a[0] - b[0]);
  }

  private compare(a: number, b: number): number {
    for (let word = 0; word < WORDS; word++) {
      const difference = this.words[WORDS * a + word] - this.words[WORDS * b + word];
      if (difference !== 0) return difference;
    }
    return 0;
  }
}
