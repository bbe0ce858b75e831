/** A defect of a checkpoint. The message completes "cannot be read: …". */
export class Malformed extends Error {
  override readonly name = 'Malformed';
}
