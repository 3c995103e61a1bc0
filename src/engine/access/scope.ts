/** What a caller may do: each scope includes those before it. */
export const SCOPES = ['read', 'lease', 'admin'] as const;
export type Scope = (typeof SCOPES)[number];
