import { concat, constant, reshape, split, type Value } from '../graph/index.js';
import { sizeOf, tensor, zeros, type Tensor } from '../tensor/tensor.js';
import { contains, copyBox, lengthOf, type Interval } from './box.js';
import { isDecayed, ParameterGroup, type FlatVariables } from './group.js';
import { Scope, type Declaration, type Variable } from './scope.js';

/** A module that shares its variables with others: each lies somewhere in the largest one. */
export interface SharingModule {
  readonly declaration: Declaration;
  /** The axes of a variable as intervals of common coordinates; their lengths multiply to its size. */
  readonly axesOf: (variable: string) => readonly Interval[];
}

/** A box of the largest variable that the modules either use as a whole or not at all. */
export interface Box {
  /** The full name of its values in a state: that of the variable and, if it is one of several, the box. */
  readonly name: string;
  readonly variable: string;
  readonly axes: readonly Interval[];
}

/** The variables of several modules, cut into boxes. */
export interface SharedVariables {
  readonly groups: readonly ParameterGroup[];
  readonly boxes: readonly Box[];
  /** The variables of each module. */
  readonly slices: readonly Slices[];
}

/**
 * Shares variables between modules. The largest variables are cut into boxes wherever a module's slice begins or ends, and
 * the boxes that are used by the same modules form a group. So a module's variables are a few whole groups: reading and
 * updating them touches nothing else, and copies no more than they are. A variable starts as where it is largest: a smaller
 * module's deviation, for fewer inputs, would let the outputs of larger ones start too large.
 */
export function sharedVariables(prefix: string, modules: readonly SharingModule[]): SharedVariables {
  const members = new Map<string, { parameters: Variable[]; buffers: Variable[]; boxes: Box[] }>();
  const grids = modules.map(() => new Map<string, Grid>());
  const declared = modules.flatMap(({ declaration }) => [...declaration.parameters, ...declaration.buffers]);
  const buffers = new Set(modules.flatMap(({ declaration }) => declaration.buffers.map(({ name }) => name)));
  for (const name of new Set(declared.map((variable) => variable.name))) {
    const axes = modules.map(({ declaration, axesOf }) =>
      declaration.names.includes(name) ? axesOf(name) : undefined,
    );
    const used = axes.filter((each) => each !== undefined);
    const cuts = used[0].map((_, axis) =>
      [...new Set(used.flatMap((each) => [each[axis].start, each[axis].end]))].sort((a, b) => a - b),
    );
    const largest = declared
      .filter((variable) => variable.name === name)
      .reduce((before, next) => (sizeOf(next.shape) > sizeOf(before.shape) ? next : before));
    const cells = cellsOf(cuts);
    for (const cell of cells) {
      const users = axes.flatMap((each, at) => (each !== undefined && contains(each, cell) ? [at] : []));
      if (users.length === 0) continue;
      const box: Variable = {
        name: cells.length === 1 ? name : `${name}[${cell.map(({ start, end }) => `${start}:${end}`).join()}]`,
        shape: cell.map(lengthOf),
        initializer: largest.initializer,
        ...(!isDecayed(largest) && { decay: false as const }),
      };
      const key = users.join();
      const group = members.get(key) ?? { parameters: [], buffers: [], boxes: [] };
      members.set(key, group);
      (buffers.has(name) ? group.buffers : group.parameters).push(box);
      group.boxes.push({ name: box.name, variable: name, axes: cell });
      for (const user of users) {
        const grid = grids[user].get(name) ?? { boxes: [], axes: axes[user] as readonly Interval[], cuts };
        grids[user].set(name, { ...grid, boxes: [...grid.boxes, box.name] });
      }
    }
  }
  // The largest come first, as a split into many parts copies the later ones more often.
  const found = [...members].sort(([, a], [, b]) => sizeOfAll(b.parameters) - sizeOfAll(a.parameters));
  const groups = found.map(([key, { parameters, buffers: states, boxes }], at) => {
    const sorted = [...parameters].sort((a, b) => sizeOf(b.shape) - sizeOf(a.shape));
    const names = [...sorted, ...states].map(({ name }) => name);
    const group = new ParameterGroup(`${prefix}${at}.`, { parameters: sorted, buffers: states, names });
    return { group, boxes, users: key.split(',').map(Number) };
  });
  return {
    groups: groups.map(({ group }) => group),
    boxes: groups.flatMap(({ group, boxes }) => boxes.map((box) => ({ ...box, name: group.prefix + box.name }))),
    slices: modules.map(
      ({ declaration }, at) =>
        new Slices(
          groups.filter(({ users }) => users.includes(at)).map(({ group }) => group),
          declaration,
          grids[at],
        ),
    ),
  };
}

/** Slices of shared variables as the variables of one module. */
export class Slices implements FlatVariables {
  readonly size: number;
  readonly decayRuns: readonly number[];

  constructor(
    readonly groups: readonly ParameterGroup[],
    private readonly declaration: Declaration,
    private readonly grids: ReadonlyMap<string, Grid>,
  ) {
    this.size = groups.reduce((sum, group) => sum + group.size, 0);
    this.decayRuns = groups.flatMap(({ decayRuns }) => decayRuns);
  }

  open(parameters: Value, buffers?: Value): Scope {
    const parts = cut(
      parameters,
      this.groups.map(({ size }) => size),
    );
    const states =
      buffers &&
      cut(
        buffers,
        this.groups.map(({ bufferSize }) => bufferSize),
      );
    const boxes = new Map(this.groups.flatMap((group, at) => [...group.views(parts[at], states?.[at])]));
    const { declaration, grids } = this;
    const variables = [...declaration.parameters, ...(buffers === undefined ? [] : declaration.buffers)];
    return Scope.over(
      new Map(
        variables.map(({ name, shape }) => {
          const grid = grids.get(name) as Grid;
          const values = grid.boxes.map((box) => boxes.get(box) as Value);
          return [name, reshape(joined(values, extentsOf(grid)), shape)];
        }),
      ),
    );
  }

  collectUpdates(scope: Scope): Value | undefined {
    const updates = new Map<string, Value>();
    for (const { name } of this.declaration.buffers) {
      const value = scope.updates.get(name);
      if (value === undefined) continue;
      const grid = this.grids.get(name) as Grid;
      const extents = extentsOf(grid);
      const whole = reshape(
        value,
        extents.map((parts) => parts.reduce((sum, part) => sum + part, 0)),
      );
      separated(whole, extents).forEach((part, at) => updates.set(grid.boxes[at], part));
    }
    const flat = this.groups.flatMap(({ buffers }) =>
      buffers.flatMap(({ name, shape }) => {
        const value = updates.get(name);
        return value === undefined ? [] : [reshape(value, [sizeOf(shape)])];
      }),
    );
    return flat.length === 0 ? undefined : concat(flat, 0);
  }

  inherited<T extends Tensor>(find: (name: string) => T): ReadonlyMap<string, T> {
    const prefixes = new Map(
      this.groups.flatMap(({ prefix, names }) => names.map((name) => [name, prefix + name] as const)),
    );
    const variables = [...this.declaration.parameters, ...this.declaration.buffers];
    return new Map(
      variables.map(({ name, shape }) => {
        const grid = this.grids.get(name) as Grid;
        const data = new Float32Array(sizeOf(shape));
        const target = { data, shape: grid.axes.map(lengthOf) };
        for (const [at, cell] of cellsIn(grid).entries()) {
          const box = find(prefixes.get(grid.boxes[at]) as string) as Tensor<'float32'>;
          const extents = cell.map(lengthOf);
          const corner = cell.map(({ start }, axis) => start - grid.axes[axis].start);
          copyBox({ data: box.data, shape: extents, at: corner.map(() => 0) }, { ...target, at: corner }, extents);
        }
        return [name, tensor('float32', shape, data) as Tensor as T];
      }),
    );
  }
}

/** A module's slice of a variable: its boxes, the last axis varying fastest, its axes, and the cuts of all modules. */
interface Grid {
  readonly boxes: readonly string[];
  readonly axes: readonly Interval[];
  readonly cuts: readonly (readonly number[])[];
}

function sizeOfAll(variables: readonly Variable[]): number {
  return variables.reduce((sum, { shape }) => sum + sizeOf(shape), 0);
}

/** The boxes between cuts, the last axis varying fastest. */
function cellsOf(cuts: readonly (readonly number[])[]): readonly (readonly Interval[])[] {
  return cuts.reduce<readonly (readonly Interval[])[]>(
    (rows, axis) => rows.flatMap((row) => axis.slice(1).map((end, before) => [...row, { start: axis[before], end }])),
    [[]],
  );
}

function cellsIn({ axes, cuts }: Grid): readonly (readonly Interval[])[] {
  return cellsOf(cuts).filter((cell) => contains(axes, cell));
}

/** For every axis, the extents of a slice's boxes. */
function extentsOf({ axes, cuts }: Grid): readonly (readonly number[])[] {
  return axes.map((axis, at) =>
    cellsOf([cuts[at]])
      .filter((cell) => contains([axis], cell))
      .map(([cell]) => lengthOf(cell)),
  );
}

/** Cuts a flat vector into parts; empty ones are constants instead of outputs of a Split. */
export function cut(flat: Value, sizes: readonly number[]): readonly Value[] {
  const filled = sizes.filter((size) => size > 0);
  const parts = filled.length === 0 ? [] : split(flat, 0, filled);
  let next = 0;
  return sizes.map((size) => (size === 0 ? constant(zeros('float32', [0])) : parts[next++]));
}

/** The whole of boxes, whose last axis varies fastest. */
function joined(boxes: readonly Value[], [extents, ...others]: readonly (readonly number[])[], axis = 0): Value {
  if (extents === undefined) return boxes[0];
  const size = boxes.length / extents.length;
  return concat(
    extents.map((_, at) => joined(boxes.slice(at * size, (at + 1) * size), others, axis + 1)),
    axis,
  );
}

/** The boxes of a whole. */
function separated(whole: Value, extents: readonly (readonly number[])[]): readonly Value[] {
  return extents.reduce<readonly Value[]>(
    (parts, sizes, axis) => parts.flatMap((part) => split(part, axis, sizes)),
    [whole],
  );
}
