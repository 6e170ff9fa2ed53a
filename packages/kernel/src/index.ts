export { assertNever } from './assertNever.ts';
export { type BackoffOptions, backoffMs } from './backoff.ts';
export { type Decider, fold, type NonEmpty } from './decider.ts';
export { FencedOutError, FreightError, type FreightErrorOptions, type Retry } from './errors.ts';
export { createLimit } from './limit.ts';
export { isLoopback } from './loopback.ts';
export { err, ok, type Result } from './result.ts';
export { sleep } from './sleep.ts';
export { newId } from './uuid.ts';
