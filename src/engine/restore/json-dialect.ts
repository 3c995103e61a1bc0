export interface JsonDialect {
  /** Python's `json` reads NaN and the infinities; TensorStore's parser does not. */
  readonly nonFinite: boolean;
  /** Python keeps an escaped lone surrogate; TensorStore's parser refuses it. */
  readonly loneSurrogates: boolean;
}

export const PYTHON_JSON: JsonDialect = { nonFinite: true, loneSurrogates: true };
export const TENSORSTORE_JSON: JsonDialect = { nonFinite: false, loneSurrogates: false };
