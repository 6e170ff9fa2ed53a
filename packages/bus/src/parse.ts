import { err, ok, type Result } from '@freight/kernel';
import type { z } from 'zod';
import { type Disposition, dead } from './disposition.ts';

/** Reads a message's bytes as JSON of a schema; refused, it says which dead letter it is. No value of the message is repeated in the detail. */
export const parseMessage = <T>(data: Uint8Array, schema: z.ZodType<T>): Result<T, Disposition> => {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(data));
  } catch {
    return err(dead('not_json', 'the message is not JSON in UTF-8'));
  }
  const parsed = schema.safeParse(json);
  if (parsed.success) return ok(parsed.data);
  const issues = parsed.error.issues.map(issue => `${issue.path.map(String).join('.') || '(root)'}: ${issue.code}`);
  return err(dead('schema_mismatch', issues.slice(0, 10).join('; ')));
};
