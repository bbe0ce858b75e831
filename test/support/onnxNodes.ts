import { modelProto } from '../../src/onnx/schema.js';

interface GraphMessage {
  readonly node: readonly {
    readonly opType: string;
    readonly attribute: readonly { readonly g: GraphMessage | null }[];
  }[];
}

/** The number of nodes of each operator type in an ONNX model, including the arms of its branches. */
export function countNodes(model: Uint8Array): Readonly<Record<string, number>> {
  const counts: Record<string, number> = {};
  const visit = ({ node }: GraphMessage): void => {
    for (const { opType, attribute } of node) {
      counts[opType] = (counts[opType] ?? 0) + 1;
      for (const { g } of attribute) if (g) visit(g);
    }
  };
  visit(graphOf(model));
  return counts;
}

/** How deep the graphs of an ONNX model are nested; 0 without branches. */
export function nestingOf(model: Uint8Array): number {
  const depth = ({ node }: GraphMessage): number =>
    Math.max(0, ...node.flatMap(({ attribute }) => attribute.map(({ g }) => (g ? 1 + depth(g) : 0))));
  return depth(graphOf(model));
}

function graphOf(model: Uint8Array): GraphMessage {
  return (modelProto.decode(model) as unknown as { readonly graph: GraphMessage }).graph;
}
