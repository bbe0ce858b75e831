/** Many short strings in one buffer: separate strings would take three times the memory and slow garbage collection. */
export class Names {
  private constructor(
    private readonly bytes: Buffer,
    /** [N]: where each string ends. */
    private readonly ends: Uint32Array,
  ) {}

  static of(strings: readonly string[]): Names {
    const ends = new Uint32Array(strings.length);
    let end = 0;
    strings.forEach((text, index) => {
      end += Buffer.byteLength(text);
      ends[index] = end;
    });
    return new Names(Buffer.from(strings.join('')), ends);
  }

  /** Several lists of strings, concatenated. */
  static concat(several: readonly Names[]): Names {
    const ends = new Uint32Array(several.reduce((sum, { length }) => sum + length, 0));
    let count = 0;
    let before = 0;
    for (const { ends: own, bytes } of several) {
      for (const end of own) ends[count++] = before + end;
      before += bytes.length;
    }
    return new Names(Buffer.concat(several.map(({ bytes }) => bytes)), ends);
  }

  /** Restores the result of {@link parts}. */
  static fromParts(bytes: Uint8Array, ends: Uint8Array): Names {
    return new Names(
      Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length),
      new Uint32Array(new Uint8Array(ends).buffer),
    );
  }

  get length(): number {
    return this.ends.length;
  }

  at(index: number): string {
    return this.bytes.toString('utf8', this.startOf(index), this.ends[index]);
  }

  /** The strings from `begin` up to but not including `end`, in the same memory. */
  slice(begin: number, end: number): Names {
    const start = this.startOf(begin);
    const ends = this.ends.slice(begin, end).map((each) => each - start);
    return new Names(this.bytes.subarray(start, start + (ends.at(-1) ?? 0)), ends);
  }

  /** Everything as two byte arrays, to store in a file. */
  parts(): [bytes: Uint8Array, ends: Uint8Array] {
    return [this.bytes, new Uint8Array(this.ends.buffer, this.ends.byteOffset, this.ends.byteLength)];
  }

  private startOf(index: number): number {
    return index === 0 ? 0 : this.ends[index - 1];
  }
}
