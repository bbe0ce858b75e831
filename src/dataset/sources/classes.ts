import { show, UserError } from '../../errors.js';

/** A label in a file: a number, or the name of a class. */
export type RawLabel = number | string;

/** The labels of one split, each kept once. */
export class LabelColumn {
  readonly values: RawLabel[] = [];
  /** [N]: indices into `values`. */
  readonly ids: number[] = [];
  private readonly known = new Map<RawLabel, number>();

  /** `shown` is the split's name in messages. */
  constructor(readonly shown: string) {}

  add(label: RawLabel): void {
    let id = this.known.get(label);
    if (id === undefined) {
      id = this.values.push(label) - 1;
      if (id === MOST_CLASSES) {
        throw new UserError(
          `${this.shown} has more than ${MOST_CLASSES} different labels, the latest ${JSON.stringify(label).slice(0, 40)}: are these classes?`,
        );
      }
      this.known.set(label, id);
    }
    this.ids.push(id);
  }
}

const MOST_CLASSES = 65_536;

/** Class names that a file declares: label i is `names[i]`. */
export interface DeclaredClasses {
  readonly names: readonly string[];
  /** The file's name in messages. */
  readonly shown: string;
}

export interface Labelling {
  readonly classes: readonly string[];
  /** For each split [N]: indices into `classes`. */
  readonly labels: readonly Int32Array[];
}

/**
 * One list of classes for all splits; the first split is the training split. With declared classes, labels are indices
 * into them or names among them. Otherwise the labels of the training split are the classes: numbers in numeric order,
 * names by UTF-16 code units. Throws a UserError when labels do not fit.
 */
export function unifyLabels(splits: readonly LabelColumn[], declared?: DeclaredClasses): Labelling {
  for (const split of splits) requireOneKind(split);
  const [train] = splits;
  const classes = declared === undefined ? [...train.values].sort(byValue).map(String) : requireDistinct(declared);
  if (classes.length < 2) {
    throw new UserError(`${train.shown} has only one class, "${classes[0]}": classification needs two or more`);
  }
  const byName = new Map(classes.map((name, index) => [name, index]));
  const indexOf = (label: RawLabel): number | undefined => {
    if (declared === undefined || typeof label === 'string') return byName.get(String(label));
    return Number.isInteger(label) && label >= 0 && label < classes.length ? label : undefined;
  };
  const labels = splits.map(({ values, ids, shown }) => {
    const indices = values.map((label) => {
      const index = indexOf(label);
      if (index !== undefined) return index;
      throw new UserError(
        declared === undefined
          ? `${shown} has the class ${show(String(label))}, which ${train.shown} lacks: both need the same classes`
          : `${shown} has the label ${JSON.stringify(label)}, but ${declared.shown} names ${classes.length} classes, 0 to ${classes.length - 1}`,
      );
    });
    return Int32Array.from(ids, (id) => indices[id]);
  });
  if (declared === undefined) {
    for (const { values, shown } of splits) {
      const present = new Set(values);
      const missing = train.values.find((label) => !present.has(label));
      if (missing === undefined) continue;
      throw new UserError(
        `${train.shown} has the class ${show(String(missing))}, which ${shown} lacks: both need the same classes`,
      );
    }
  }
  return { classes, labels };
}

function requireOneKind({ values, shown }: LabelColumn): void {
  const number = values.find((label) => typeof label === 'number');
  const name = values.find((label) => typeof label === 'string');
  if (number === undefined || name === undefined) return;
  throw new UserError(`${shown} has numbers and names for labels, such as ${number} and "${name}": use one of them`);
}

function requireDistinct({ names, shown }: DeclaredClasses): readonly string[] {
  const seen = new Set<string>();
  for (const name of names) {
    if (seen.has(name))
      throw new UserError(`${shown} names the class ${show(name)} twice: give each a name of its own`);
    seen.add(name);
  }
  return names;
}

function byValue(a: RawLabel, b: RawLabel): number {
  if (typeof a === 'number' && typeof b === 'number') return a - b;
  if (a === b) return 0;
  return String(a) < String(b) ? -1 : 1;
}

/** A label from text: a whole number, or a name. */
export function parseLabel(text: string): RawLabel {
  const trimmed = text.trim();
  return /^-?\d{1,15}$/.test(trimmed) ? Number(trimmed) : trimmed;
}
