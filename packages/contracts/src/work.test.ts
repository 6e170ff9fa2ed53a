import { expect, it } from 'vitest';
import { workMessage } from './work.ts';

const id = '0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a77';
const message = (issue: number) => ({ tenantId: id, jobId: id, batchId: id, kind: 'load', issue });

it.each([1, 2_147_483_647])('a work message may be of issue %d', issue =>
  expect(workMessage.safeParse(message(issue)).success).toBe(true),
);

// The column is an integer of 32 bits: a larger one would fail at each delivery.
it.each([0, -1, 1.5, 2_147_483_648, Number.MAX_SAFE_INTEGER])('a work message is of no issue %d', issue =>
  expect(workMessage.safeParse(message(issue)).success).toBe(false),
);
