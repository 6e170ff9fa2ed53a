import { authBench } from './auth/index.ts';
import type { Bench } from './types.ts';

/** What can be measured, by name. */
export const benches = { auth: authBench } as const satisfies Readonly<Record<string, Bench>>;
