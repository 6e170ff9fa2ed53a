import { err, ok, type Result } from '@freight/kernel';

/**
 * Reads a body up to a bound, counting as it comes, so that one without a declared length is refused as soon as it is too long.
 * @returns the text, '' for none; `too_large` | `not_utf8`; `broken_off` when the client left before its end.
 */
export const readBody = async (
  request: Request,
  bytesMax: number,
): Promise<Result<string, 'too_large' | 'not_utf8' | 'broken_off'>> => {
  const reader = request.body?.getReader();
  if (!reader) return ok('');
  const chunks: Uint8Array[] = [];
  let bytes = 0;
  for (;;) {
    const read = await reader.read().catch(() => undefined);
    if (!read) return err('broken_off');
    const { done, value } = read;
    if (done) break;
    bytes += value.byteLength;
    if (bytes > bytesMax) {
      await reader.cancel().catch(() => {});
      return err('too_large');
    }
    chunks.push(value);
  }
  try {
    return ok(new TextDecoder('utf-8', { fatal: true }).decode(Buffer.concat(chunks)));
  } catch {
    return err('not_utf8');
  }
};

/** Whether the request says itself that its body is longer than allowed. */
export const declaresTooMuch = (request: Request, bytesMax: number): boolean => {
  const declared = request.headers.get('content-length');
  return declared !== null && !(Number(declared) <= bytesMax);
};

/** `application/json`, in UTF-8 where a charset is named. */
export const isJson = (contentType: string | null): boolean =>
  contentType !== null && /^application\/json\s*(;\s*charset="?utf-8"?\s*)?$/i.test(contentType.trim());
