import { UserError } from '../errors.js';
import { architecture } from '../family/architecture.js';
import type { Architecture } from '../family/family.js';
import { published } from '../family/families.js';
import { deit, type DeitOptions } from '../family/glit/architecture.js';
import { formatBudget, isWithin, type Budget } from './budget.js';
import { costOf } from './cost.js';
import { measuresOf } from './measure.js';

/**
 * A preset's pattern of blocks at the largest width within the upper bounds of a budget, for images of this size; a
 * baseline for the found network. Throws a UserError when the budget has no upper bound but latency, or when even the narrowest
 * exceeds it.
 */
export function scaledPreset(
  name: string,
  budget: Budget,
  sizes: { readonly imageSize: number; readonly classes: number },
): Architecture {
  const { family, preset } = published(name);
  const ofSteps = (steps: number): Architecture => architecture(family, preset.scaled(steps * preset.widthStep, sizes));
  const least = costOf(ofSteps(1));
  // Latency is not known: a table holds the blocks of a search space, not a preset's.
  const limits: Budget = Object.fromEntries(
    measuresOf(least).flatMap(({ key }) => (budget[key]?.max === undefined ? [] : [[key, { max: budget[key].max }]])),
  );
  if (Object.keys(limits).length === 0) {
    const lacks = budget.latency?.max === undefined ? 'has no upper bound' : 'bounds only latency';
    throw new UserError(`${name} is scaled to the budget, which ${lacks}; give one, such as --max-macs`);
  }
  const steps = largest((count) => isWithin(limits, costOf(ofSteps(count))));
  if (steps > 0) return ofSteps(steps);
  const takes = measuresOf(least).map(({ key, title, format }) => `${format(least[key] ?? 0)} ${title}`);
  throw new UserError(
    `${name} takes at least ${takes.join(' and ')} for ${sizes.imageSize} px, beyond the budget (${formatBudget(budget)}); leave it out or raise the limit`,
  );
}

/**
 * The narrowest DeiT with this depth and these heads (its width is a multiple of the heads) that takes at least `macs`
 * multiply-adds per image. As a baseline, it does not favour the found network.
 */
export function nearestDeit({
  macs,
  ...size
}: Omit<DeitOptions, 'dim' | 'name'> & { readonly macs: number }): Architecture {
  if (!(Number.isFinite(macs) && macs >= 0)) {
    throw new UserError(`a DeiT of ${macs} MACs does not exist; give a finite number of multiply-adds`);
  }
  const ofHeadWidth = (width: number): Architecture => deit({ ...size, dim: width * size.heads });
  return ofHeadWidth(1 + largest((width) => costOf(ofHeadWidth(width)).macs < macs));
}

/** The largest whole number for which `holds` is true, by bisection; 0 if it is false for 1. */
function largest(holds: (count: number) => boolean): number {
  let [below, above] = [0, 1];
  while (holds(above)) [below, above] = [above, 2 * above];
  while (above - below > 1) {
    const middle = (below + above) >> 1;
    if (holds(middle)) below = middle;
    else above = middle;
  }
  return below;
}
