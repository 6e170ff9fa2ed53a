/**
 * JSON with the names of every object in order and no spaces: equal values are equal text, however they were written.
 * Source: RFC 8785, which takes the rest from ECMAScript.
 */
export const canonicalJson = (value: unknown): string =>
  JSON.stringify(value, (_, inner: unknown) =>
    typeof inner === 'object' && inner !== null && !Array.isArray(inner)
      ? Object.fromEntries(Object.entries(inner).sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0)))
      : inner,
  );
