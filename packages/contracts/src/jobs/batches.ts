import { z } from 'zod';
import { objectName } from './config.ts';
import { outcomeCounts } from './events.ts';

/** Where an extraction goes on: the pass, the vendor's cursor (null: the start) and the records seen in the pass before. */
export const extractPayload = z.object({
  object: objectName,
  pass: z.number().int().positive(),
  cursor: z.string().nullable(),
  seen: z.number().int().nonnegative(),
});
export type ExtractPayload = z.infer<typeof extractPayload>;

/** How far an extraction has come; written with every page, so that whoever takes over goes on from here. */
export const extractResult = z.object({
  /** Records seen in the pass so far, by this and the batches before it. */
  seen: z.number().int().nonnegative(),
  /** Records that this batch staged. */
  staged: z.number().int().nonnegative(),
  /** What these take in the database. The version before did not say. */
  bytes: z.number().int().nonnegative().default(0),
  cursor: z.string().nullable(),
  endOfPass: z.boolean(),
});
export type ExtractResult = z.infer<typeof extractResult>;

/** Groups of records to load, by their ordinal, both ends included. */
export const loadPayload = z.object({
  object: objectName,
  fromGroup: z.number().int(),
  toGroup: z.number().int(),
});
export type LoadPayload = z.infer<typeof loadPayload>;

export const loadResult = z.object({ counts: outcomeCounts });
export type LoadResult = z.infer<typeof loadResult>;

/** Looking again at an object's records whose write is in doubt. */
export const settlePayload = z.object({ object: objectName });
export type SettlePayload = z.infer<typeof settlePayload>;

export const settleResult = z.object({
  /** Outcomes that were found only now: of records that a cancelled run had sent and not answered for. */
  counts: outcomeCounts,
  lookedAt: z.number().int().nonnegative(),
  /** Surplus records that were removed from the target. */
  removed: z.number().int().nonnegative(),
});
export type SettleResult = z.infer<typeof settleResult>;

/** Why an attempt at a batch did not end in a result. */
/** The code of an extraction that stops because its tenant may store no more. */
export const storageLimitCode = 'storage_limit';

export const batchError = z.object({
  code: z.string(),
  /** What a person needs to know, without any value of a record. */
  detail: z.string(),
  side: z.enum(['source', 'target', 'freight']),
});
export type BatchError = z.infer<typeof batchError>;
