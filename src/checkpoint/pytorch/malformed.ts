/** What is wrong with a checkpoint, as the part of a sentence that follows "cannot be read: ". */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}

/** A text from a file, short and on one line. */
export function quote(text: string): string {
  const quoted = JSON.stringify(text);
  return quoted.length > 80 ? `${quoted.slice(0, 80)}…"` : quoted;
}
