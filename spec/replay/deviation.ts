/** The code did something else than the model, or could not do what the model did. */
export class Deviation extends Error {
  override readonly name = 'Deviation';
}
