import { nodesOf } from './traverse.js';
import { formatType, type Value } from './value.js';

/**
 * The graph as text, one node per line: `%5, %6 = split %4 {axis: 1, extents: [2, 2]} : float32[3, 2], float32[3, 2]`.
 */
export function print(outputs: Readonly<Record<string, Value>>): string {
  const names = new Map<Value, string>();
  let count = 0;
  const nameOf = (value: Value): string => {
    const known = names.get(value);
    if (known !== undefined) return known;
    const { source } = value;
    const name =
      source.kind === 'input'
        ? source.name
        : source.kind === 'constant' && source.tensor.data.length === 1
          ? String(source.tensor.data[0])
          : source.kind === 'constant'
            ? `constant<${formatType(value.tensorType)}>`
            : `%${count++}`;
    names.set(value, name);
    return name;
  };
  const typeOf = ({ type }: Value): string => formatType(type);

  const lines = nodesOf(Object.values(outputs)).map((node) => {
    const inputs = node.inputs.map(nameOf).join(' ');
    const attributes = Object.entries(node.attributes).map(([key, value]) => `${key}: ${JSON.stringify(value)}`);
    const suffix = attributes.length > 0 ? ` {${attributes.join(', ')}}` : '';
    return `${node.outputs.map(nameOf).join(', ')} = ${node.operator} ${inputs}${suffix} : ${node.outputs.map(typeOf).join(', ')}`;
  });
  const results = Object.entries(outputs).map(([name, value]) => `${name} = ${nameOf(value)} : ${typeOf(value)}`);
  return [...lines, ...results].join('\n');
}
