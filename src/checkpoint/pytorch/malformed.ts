/** What is wrong with a checkpoint, as the part of a sentence that follows "cannot be read: ". */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
