/** What a check found: `bad` keeps steplease from doing its work, `warning` only makes it slower or less certain. */
export interface Finding {
  readonly about: string;
  readonly verdict: 'good' | 'warning' | 'bad';
  readonly detail: string;
}

export function good(about: string, detail: string): Finding {
  return { about, verdict: 'good', detail };
}

export function warning(about: string, detail: string): Finding {
  return { about, verdict: 'warning', detail };
}

export function bad(about: string, detail: string): Finding {
  return { about, verdict: 'bad', detail };
}
