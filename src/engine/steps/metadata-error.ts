/** A JSON file of a checkpoint cannot be read; the message is a sentence for people that names the file. */
export class MetadataError extends Error {
  override readonly name = 'MetadataError';
}
