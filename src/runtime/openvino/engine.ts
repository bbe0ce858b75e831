/**
 * OpenVINO's engine: programs are compiled models, and device tensors lie in memory that the models read and write.
 * Programs with branches whose results differ in shape are ONNX Runtime's, on the same memory; see OrtProgram.
 */
import { UserError } from '../../errors.js';
import { tensor, type Tensor } from '../../tensor/tensor.js';
import type { Engine } from '../engine.js';
import type { Calls, RunRequest } from '../protocol.js';
import type { Signature } from '../signature.js';
import { CompiledModel, type ModelSettings } from './compiledModel.js';
import { openCore, STORAGE } from './core.js';
import { checkUpdate, HostTensor } from './hostTensor.js';
import { OrtProgram } from './ortProgram.js';
import { Slots } from './slots.js';

/** What an output replaces, and the memory for it. */
interface Update {
  readonly slot: number;
  readonly spare: HostTensor;
}

export class OpenVinoEngine implements Engine {
  private readonly core = openCore();
  private readonly slots = new Slots(this.core);
  private readonly programs = new Map<number, CompiledModel | OrtProgram>();

  /** Throws a UserError when OpenVINO is not installed. */
  constructor(private readonly settings: ModelSettings) {}

  /** Throws a UserError when the processor has no instructions for the precision: OpenVINO would not use it. */
  async open(): Promise<undefined> {
    if (this.settings.precision === 'float32') return undefined;
    const capabilities = this.core.api.property(this.core.handle, 'CPU', 'OPTIMIZATION_CAPABILITIES');
    if (capabilities.split(' ').includes('BF16')) return undefined;
    throw new UserError('this processor has no bfloat16 arithmetic that OpenVINO uses; run with --precision float32');
  }

  async compile({ program, model }: Calls['compile']['request']): Promise<Signature> {
    const compiled =
      CompiledModel.compile(this.core, model, this.settings) ??
      (await OrtProgram.compile(model, this.settings.threads));
    this.programs.set(program, compiled);
    return compiled.signature;
  }

  async release({ program }: Calls['release']['request']): Promise<undefined> {
    const loaded = this.programs.get(program);
    this.programs.delete(program);
    await loaded?.release();
    return undefined;
  }

  async write({ slot, value }: Calls['write']['request']): Promise<undefined> {
    this.slots.write(slot, value);
    return undefined;
  }

  async read({ slot }: Calls['read']['request']): Promise<Tensor> {
    return copyOf(this.slots.get(slot).value);
  }

  async free({ slot }: Calls['free']['request']): Promise<undefined> {
    this.slots.free(slot);
    return undefined;
  }

  async run(request: RunRequest): Promise<readonly Tensor[]> {
    const model = this.programs.get(request.program);
    if (model === undefined) throw new Error('the program was released');
    return model instanceof OrtProgram ? model.run(request, this.slots) : this.infer(model, request);
  }

  async close(): Promise<undefined> {
    for (const model of this.programs.values()) await model.release();
    this.programs.clear();
    this.slots.close();
    this.core.api.freeCore(this.core.handle);
    return undefined;
  }

  private infer(model: CompiledModel, request: RunRequest): readonly Tensor[] {
    const updates = this.updatesOf(request);
    const made: HostTensor[] = [];
    try {
      made.push(...this.bindInputs(model, request));
      const answers = this.bindOutputs(model, request, updates);
      made.push(...answers.values());
      model.infer();
      for (const [output, { spare }] of updates) if (!model.isFixed(output)) fetchUpdate(model, output, spare);
      const answer = [...request.wanted].map((output) => {
        const update = updates.get(output);
        return answers.get(output)?.value ?? (update && copyOf(update.spare.value)) ?? fetch(model, output);
      });
      for (const [output, { slot, spare }] of updates) {
        this.slots.replace(slot, spare);
        updates.delete(output);
      }
      return answer;
    } finally {
      for (const { spare } of updates.values()) this.slots.giveBack(spare);
      for (const each of made) each.free();
    }
  }

  /** By output. */
  private updatesOf(request: RunRequest): Map<number, Update> {
    const updates = new Map<number, Update>();
    request.updates.forEach((slot, output) => {
      if (slot >= 0) updates.set(output, { slot, spare: this.slots.spareOf(slot) });
    });
    return updates;
  }

  /** Returns the tensors that were made for inputs from the host. */
  private bindInputs(model: CompiledModel, { slots, host }: RunRequest): readonly HostTensor[] {
    const fed = host.map((value) => HostTensor.over(this.core, value));
    let next = 0;
    model.signature.inputs.forEach((_, position) => {
      const slot = slots[position] ?? -1;
      const given = slot >= 0 ? this.slots.get(slot) : fed[next++];
      if (given !== undefined) model.bindInput(position, given);
    });
    return fed;
  }

  /**
   * Has every output of fixed shape written where it goes, and returns the tensors made for those that only the caller
   * gets. OpenVINO reports no failure when a tensor bound to an output of free shape does not fit, so those are copied.
   */
  private bindOutputs(
    model: CompiledModel,
    { wanted }: RunRequest,
    updates: ReadonlyMap<number, Update>,
  ): ReadonlyMap<number, HostTensor> {
    const answers = new Map<number, HostTensor>();
    model.signature.outputs.forEach(({ name, dtype, shape }, output) => {
      if (!model.isFixed(output)) return;
      const update = updates.get(output);
      if (update !== undefined) {
        checkUpdate(name, { dtype, shape: shape.map(Number) }, update.spare.value);
        model.bindOutput(output, update.spare);
      } else if (wanted.includes(output)) {
        const answer = HostTensor.create(this.core, dtype, shape.map(Number));
        answers.set(output, answer);
        model.bindOutput(output, answer);
      } else {
        model.discardOutput(output);
      }
    });
    return answers;
  }
}

function copyOf({ dtype, shape, data }: Tensor): Tensor {
  return tensor(dtype, shape, data.slice());
}

/** Copies an output of free shape to the host. */
function fetch(model: CompiledModel, output: number): Tensor {
  return model.readOutput(output, (dtype, shape, bytes) =>
    tensor(dtype, shape, new STORAGE[dtype](bytes.slice().buffer)),
  );
}

/** Copies an output of free shape to where it goes. Throws when the two have another dtype or shape. */
function fetchUpdate(model: CompiledModel, output: number, spare: HostTensor): void {
  model.readOutput(output, (dtype, shape, bytes) => {
    checkUpdate(model.signature.outputs[output]?.name ?? '', { dtype, shape }, spare.value);
    spare.bytes.set(bytes);
  });
}
