/**
 * The first key that occurs twice in one object of a JSON text, or undefined. JSON.parse would silently keep the last.
 * The text must be valid JSON.
 */
export function duplicateKey(text: string): string | undefined {
  const enclosing: Set<string>[] = [];
  for (let position = 0; position < text.length; position++) {
    const character = text[position];
    if (character === '{' || character === '[') enclosing.push(new Set());
    else if (character === '}' || character === ']') enclosing.pop();
    else if (character === '"') {
      const end = endOfString(text, position);
      if (text[afterSpace(text, end)] === ':') {
        const key = String(JSON.parse(text.slice(position, end)));
        const keys = enclosing.at(-1);
        if (keys?.has(key) === true) return key;
        keys?.add(key);
      }
      position = end - 1;
    }
  }
  return undefined;
}

/** Whether the objects and lists of a text, JSON or not, nest deeper than this. */
export function nestsDeeper(text: string, levels: number): boolean {
  let depth = 0;
  let quoted = false;
  for (let position = 0; position < text.length; position++) {
    const character = text[position];
    if (character === '"') quoted = !quoted;
    else if (quoted) position += character === '\\' ? 1 : 0;
    else if (character === '{' || character === '[') depth++;
    else if (character === '}' || character === ']') depth--;
    if (depth > levels) return true;
  }
  return false;
}

/** The position after the closing quote of the string that starts at `start`. */
function endOfString(text: string, start: number): number {
  let position = start + 1;
  while (text[position] !== '"') position += text[position] === '\\' ? 2 : 1;
  return position + 1;
}

function afterSpace(text: string, start: number): number {
  let position = start;
  while (' \t\n\r'.includes(text[position] ?? '.')) position++;
  return position;
}
