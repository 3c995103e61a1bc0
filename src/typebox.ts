/**
 * What is used of TypeBox. The build puts TypeBox's own code into this file: read from 680 files, it took as long to load as everything
 * else of a command together.
 */
export { type Static, type TSchema, Type } from 'typebox';
export { Check, Errors } from 'typebox/value';
