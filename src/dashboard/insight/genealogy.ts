/** A candidate by its number, its generation and the numbers of its parents. */
export interface Descended {
  readonly id: number;
  readonly generation: number;
  readonly parents: readonly number[];
}

/** The ancestors of a candidate, itself included, in the order of evaluation. */
export interface Genealogy<Member extends Descended> {
  readonly members: readonly Member[];
  /** Parent and child, for every child whose parent is known. */
  readonly lines: readonly { readonly parent: Member; readonly child: Member }[];
}

/** The genealogy of `descendant` among candidates of one search, which have different ids. */
export function genealogyOf<Member extends Descended>(
  descendant: Member,
  candidates: readonly Member[],
): Genealogy<Member> {
  const byId = new Map(candidates.map((each) => [each.id, each]));
  const members = new Set([descendant]);
  // A set is walked in the order of insertion, additions during the walk included.
  for (const { parents } of members) {
    for (const parent of parents) {
      const known = byId.get(parent);
      if (known !== undefined) members.add(known);
    }
  }
  const lines = [...members].flatMap((child) =>
    child.parents.flatMap((id) => {
      const parent = byId.get(id);
      return parent === undefined ? [] : [{ parent, child }];
    }),
  );
  return { members: [...members].sort((one, other) => one.id - other.id), lines };
}
