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

/** The parts of the floor of the API, in the order in which they are tried. */
export const httpParts = [
  'idempotency',
  'streams',
  'witness',
  'reads',
  'cursors',
  'permissions',
  'ids',
  'limits',
] as const;
export type HttpPart = (typeof httpParts)[number];

/** The floor of the API: every operation that the document declares. */
export const tryHttp = async (
  context: Context,
  limited: { readonly noisy: BareTenant; readonly quiet: BareTenant },
  parts: readonly HttpPart[] = httpParts,
): Promise<void> => {
  const { record, operations, a, b } = context;
  for (const { name } of operations) record.expect('route', name);
  for (const side of [a, b]) await provideIds(context, side);
  const wants = (part: HttpPart) => parts.includes(part);
  // What B does itself comes first: from here on nothing of B may move.
  if (wants('idempotency')) await tryIdempotencyKeys(context);
  if (wants('streams')) await followStreams(context);
  const before = wants('witness') ? await takeSnapshot(context) : undefined;
  if (wants('reads')) await readEverything(context);
  if (wants('cursors')) await tryCursors(context);
  if (wants('permissions')) await tryPermissions(context);
  if (wants('ids')) await crossRoutes(context);
  if (wants('limits')) await exhaustLimits(context, limited.noisy, limited.quiet);
  if (before) await compareSnapshots(context, before);
};
