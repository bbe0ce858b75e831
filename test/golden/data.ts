import { readFile } from 'node:fs/promises';
import { readSafetensors } from '../../src/checkpoint/safetensors.js';
import { float32, type Tensor } from '../../src/tensor/tensor.js';
import { goldenPath } from '../golden.js';

/** The tensors of a reference file, by name. */
export class GoldenTensors {
  constructor(
    private readonly file: string,
    private readonly tensors: ReadonlyMap<string, Tensor>,
  ) {}

  static async read(file: string): Promise<GoldenTensors> {
    return new GoldenTensors(file, (await readSafetensors(goldenPath(file))).tensors);
  }

  get(name: string): Tensor {
    const found = this.tensors.get(name);
    if (found === undefined) throw new Error(`${this.file} has no tensor ${name}`);
    return found;
  }

  number(name: string): number {
    return Number(this.get(name).data[0]);
  }

  /** The tensors below a folder-like prefix such as `state/`, by the rest of their names. */
  under(prefix: string): Map<string, Tensor> {
    return new Map(
      [...this.tensors]
        .filter(([name]) => name.startsWith(prefix))
        .map(([name, value]) => [name.slice(prefix.length), value]),
    );
  }
}

/** A reference file in JSON; its README describes the content. */
export async function goldenJson<Content>(file: string): Promise<Content> {
  return JSON.parse(await readFile(goldenPath(file), 'utf8')) as Content;
}

/** Row `at` of a tensor's first axis. */
export function row({ shape, data }: Tensor, at: number): Tensor<'float32'> {
  const size = data.length / shape[0];
  return float32(shape.slice(1), Array.from(data, Number).slice(at * size, (at + 1) * size));
}
