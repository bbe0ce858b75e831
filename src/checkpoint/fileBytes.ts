import { readSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { UserError } from '../errors.js';
import { Malformed } from './malformed.js';

/** The most bytes that one system call reads. */
const LONGEST_READ = 2 ** 30;

/** A file with random access. */
export class FileBytes {
  private constructor(
    private readonly file: string,
    private readonly handle: FileHandle,
    readonly size: number,
  ) {}

  /** Throws a UserError when the file cannot be opened or is a folder. */
  static async open(file: string): Promise<FileBytes> {
    let handle: FileHandle | undefined;
    try {
      handle = await open(file, 'r');
      const information = await handle.stat();
      if (!information.isFile()) throw new Error('it is not a file');
      return new FileBytes(file, handle, information.size);
    } catch (error) {
      await handle?.close();
      throw unreadable(file, error);
    }
  }

  /** Fills `target` from `position`. Throws Malformed when the file is too short, a UserError when the system cannot read it. */
  async fill(target: Uint8Array, position: number): Promise<void> {
    this.#check(position, target.length);
    for (let done = 0; done < target.length;) {
      const length = Math.min(LONGEST_READ, target.length - done);
      const { bytesRead } = await this.handle.read(target, done, length, position + done).catch((error: unknown) => {
        throw unreadable(this.file, error);
      });
      if (bytesRead === 0) throw new Malformed('the file became shorter while it was read');
      done += bytesRead;
    }
  }

  async read(position: number, length: number): Promise<Uint8Array<ArrayBuffer>> {
    this.#check(position, length);
    const bytes = new Uint8Array(length);
    await this.fill(bytes, position);
    return bytes;
  }

  /** The same, synchronously, for a reader that finds out byte by byte how far to read. */
  readNow(position: number, length: number): Uint8Array<ArrayBuffer> {
    this.#check(position, length);
    const bytes = new Uint8Array(length);
    for (let done = 0; done < length;) {
      const count = readSync(this.handle.fd, bytes, done, Math.min(LONGEST_READ, length - done), position + done);
      if (count === 0) throw new Malformed('the file became shorter while it was read');
      done += count;
    }
    return bytes;
  }

  close(): Promise<void> {
    return this.handle.close();
  }

  #check(position: number, length: number): void {
    if (!(position >= 0 && length >= 0 && position + length <= this.size)) {
      throw new Malformed('it is shorter than it claims: it is cut off or damaged');
    }
  }
}

function unreadable(file: string, error: unknown): UserError {
  const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
  const fact = missing ? 'there is no such file' : error instanceof Error ? error.message : String(error);
  return new UserError(`${file} cannot be read: ${fact}; ${missing ? 'give another' : 'check it, or give another'}`);
}
