import type { Node, Value } from './value.js';

/**
 * The nodes that `outputs` depend on, in topological order. Values in `known` are given: their nodes are not visited.
 */
export function nodesOf(outputs: readonly Value[], known: { has(value: Value): boolean } = new Set()): readonly Node[] {
  const order: Node[] = [];
  const seen = new Set<Node>();
  // An explicit stack: a training graph is thousands of nodes deep.
  const stack: { readonly node: Node; next: number }[] = [];
  const visit = (value: Value): void => {
    if (value.source.kind !== 'node' || known.has(value) || seen.has(value.source.node)) return;
    seen.add(value.source.node);
    stack.push({ node: value.source.node, next: 0 });
  };
  for (const output of outputs) {
    visit(output);
    for (let top = stack.at(-1); top !== undefined; top = stack.at(-1)) {
      if (top.next < top.node.inputs.length) {
        visit(top.node.inputs[top.next++]);
      } else {
        order.push(top.node);
        stack.pop();
      }
    }
  }
  return order;
}
