import { z } from 'zod';

const first = Date.parse('1970-01-01T00:00:00Z');
const last = Date.parse('9999-12-31T23:59:59Z');

const canBeStored = (text: string): boolean => {
  const at = Date.parse(text);
  return at >= first && at <= last;
};
const refusal = 'must be between the years 1970 and 9999';

/**
 * A moment that a client names. The form alone allows years that PostgreSQL does not have (0000), and fractions of a second that round into
 * a year of five digits: what is taken here can be stored, and reads the same afterwards.
 */
export const instant = z.iso.datetime({ abort: true }).refine(canBeStored, refusal);

/** The same, in any time zone. */
export const zonedInstant = z.iso.datetime({ offset: true, abort: true }).refine(canBeStored, refusal);
