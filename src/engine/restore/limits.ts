/**
 * Bounds on untrusted input. Together they keep one request near 256 MB: of a JSON file only what has been made of it
 * is in memory, of an OCDBT database one node at a time, once encoded and once decoded.
 */
export const MAX_JSON_BYTES = 128 * 1024 * 1024;

/** JSON values in one file. A model of 100,000 leaves has about two million. */
export const MAX_JSON_VALUES = 8_000_000;

/** Leaves and empty nodes of one tree. */
export const MAX_NODES = 300_000;

/** Python gives up near 900 nested brackets, JAX near 900 nested containers; no real checkpoint comes close to this. */
export const MAX_DEPTH = 500;

/** Metadata of one array: Orbax writes a few hundred bytes. */
export const MAX_ZARR_METADATA_BYTES = 256 * 1024;

/** Orbax configures OCDBT nodes of at most 100,000,000 bytes before compression. */
export const MAX_NODE_DECODED_BYTES = 112 * 1024 * 1024;
export const MAX_NODE_ENCODED_BYTES = 48 * 1024 * 1024;
export const MAX_MANIFEST_BYTES = 4 * 1024 * 1024;

/** Decoded bytes of all the nodes of one request: bounds the time that a hostile tree can take. */
export const MAX_NODE_BYTES_IN_ALL = 1024 * 1024 * 1024;

/** TensorStore's limit on the number of dimensions. */
export const MAX_RANK = 32;
