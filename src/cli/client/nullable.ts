import { type TSchema, Type } from '../../typebox.js';

export const nullable = <S extends TSchema>(schema: S) => Type.Union([schema, Type.Null()]);
