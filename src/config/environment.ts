export type Environment = Readonly<Record<string, string | undefined>>;

/** The variables that the process was started with. Nothing else looks at them, so whatever can be set is found here and in the settings. */
export function environment(): Environment {
  return process.env;
}
