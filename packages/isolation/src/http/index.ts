import type { Context } from '../context.ts';
import type { BareTenant } from '../sides/makeSide.ts';
import { crossRoutes } from './cross.ts';
import { tryIdempotencyKeys } from './idempotency.ts';
import { exhaustLimits } from './limits.ts';
import { readEverything, tryCursors } from './lists.ts';
import { tryPermissions } from './permissions.ts';
import { provideIds } from './provide.ts';
import { followStreams } from './streams.ts';
import { compareSnapshots, takeSnapshot } from './witness.ts';

/** The floor of the API: every operation that the document declares. */
export const tryHttp = async (
  context: Context,
  limited: { readonly noisy: BareTenant; readonly quiet: BareTenant },
): Promise<void> => {
  const { record, operations, a, b } = context;
  for (const { name } of operations) record.expect('route', name);
  for (const side of [a, b]) await provideIds(context, side);
  // What B does itself comes first: from here on nothing of B may move.
  await tryIdempotencyKeys(context);
  await followStreams(context);
  const before = await takeSnapshot(context);
  await readEverything(context);
  await tryCursors(context);
  await tryPermissions(context);
  await crossRoutes(context);
  await readEverything(context);
  await exhaustLimits(context, limited.noisy, limited.quiet);
  await compareSnapshots(context, before);
};
