/** A header must not stop an account for longer than this; after it we ask again. 15 minutes, a guess. */
const longestWaitMs = 15 * 60_000;
const shortestWaitMs = 100;

const bounded = (ms: number): number => Math.min(longestWaitMs, Math.max(shortestWaitMs, Math.ceil(ms)));

/** The wait that a `Retry-After` names: whole seconds, or a moment, which is held against the sender's own clock where it sent that too. */
const namedWaitMs = (headers: Headers, nowMs: number): number | null => {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^[0-9]+$/u.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  if (Number.isNaN(at)) return null;
  const sent = Date.parse(headers.get('date') ?? '');
  return at - (Number.isNaN(sent) ? nowMs : sent);
};

/**
 * How long to leave an account alone after a 429, in milliseconds: `Retry-After`, else what the vendor's own headers say, else a second and a bit.
 * @param vendorWaitMs the vendor's own reading of its headers; null where they say nothing.
 * @param random a number in [0, 1).
 */
export const waitAfterRateLimit = (
  headers: Headers,
  vendorWaitMs: (headers: Headers) => number | null,
  nowMs: number = Date.now(),
  random: number = Math.random(),
): number => bounded(namedWaitMs(headers, nowMs) ?? vendorWaitMs(headers) ?? 1000 + random * 500);
