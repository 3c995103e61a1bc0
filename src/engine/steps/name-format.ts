export interface StepNameFormat {
  readonly prefix: string | null;
  readonly fixedLength: number | null;
}
