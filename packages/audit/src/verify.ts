import { type AuditEntry, auditEntry } from '@freight/contracts';
import type { AuditHead } from './append.ts';
import { hashOf, zeroHash } from './hash.ts';

/** What was kept elsewhere of a chain: the digest at a place. Without a tenant it is about whatever chain is verified. */
export type Anchor = Omit<AuditHead, 'tenantId'> & { readonly tenantId?: string | undefined };

/**
 * What is wrong at the first broken link. `changed`: the entry is not what was written. `missing`: one or several before it are gone.
 * `inserted`: something that was not written there. `reordered`: it stands in another's place. `replaced`: it, or the one before, is whole
 * but not the one that its neighbour or an anchor knows. `cut`: the end is gone.
 */
export type BreakKind = 'changed' | 'missing' | 'inserted' | 'reordered' | 'replaced' | 'cut';

export interface Break {
  /** The place in the chain. */
  readonly seq: number;
  readonly kind: BreakKind;
  readonly detail: string;
}

export interface ChainReport {
  readonly tenantId: string | undefined;
  /** Entries up to the first broken link. */
  readonly entries: number;
  /** The last entry that is proven. */
  readonly head: { readonly seq: number; readonly hash: string };
  readonly broken: Break | undefined;
}

/** How far around its place it is looked where an entry was moved from. */
const reach = 10_000;

/** The place that an entry was written at: its own, or a near one whose number makes its digest right. */
const writtenAt = (entry: AuditEntry): number | undefined => {
  const fits = (seq: number) => hashOf({ ...entry, seq }) === entry.hash;
  if (fits(entry.seq)) return entry.seq;
  for (let distance = 1; distance <= reach; distance++) {
    if (fits(entry.seq + distance)) return entry.seq + distance;
    if (entry.seq > distance && fits(entry.seq - distance)) return entry.seq - distance;
  }
  return undefined;
};

const comesLater = async (rest: AsyncIterator<unknown>, seq: number): Promise<boolean> => {
  for (let looked = 0; looked < reach; looked++) {
    const next = await rest.next();
    if (next.done) return false;
    const later = auditEntry.safeParse(next.value).data;
    if (later && hashOf({ ...later, seq }) === later.hash) return true;
  }
  return false;
};

const explain = async (
  entry: AuditEntry,
  last: { readonly seq: number },
  rest: AsyncIterator<unknown>,
): Promise<Omit<Break, 'seq'>> => {
  const expected = last.seq + 1;
  const written = writtenAt(entry);
  if (written === undefined) return { kind: 'changed', detail: 'its digest does not fit what it says' };
  if (written > expected) {
    return (await comesLater(rest, expected))
      ? { kind: 'reordered', detail: `in its place stands the one that was written as ${written}` }
      : { kind: 'missing', detail: `the next one was written as ${written}` };
  }
  if (written < expected) {
    return {
      kind: 'inserted',
      detail: `what stands here was written as ${written}: something was put in before it, or it twice`,
    };
  }
  if (entry.seq !== expected) return { kind: 'changed', detail: `its number was ${expected}` };
  return { kind: 'replaced', detail: `it follows another entry ${last.seq} than the one that is there` };
};

/** The digests by place. @throws when two anchors say different things: then one of them is not of this log. */
const indexAnchors = (anchors: Iterable<Anchor>, tenantId: string): ReadonlyMap<number, string> => {
  const known = new Map<number, string>();
  for (const anchor of anchors) {
    if (anchor.tenantId !== undefined && anchor.tenantId !== tenantId) continue;
    const other = known.get(anchor.seq);
    if (other !== undefined && other !== anchor.hash) {
      throw new RangeError(`Two anchors say different things of entry ${anchor.seq} of tenant ${tenantId}`);
    }
    known.set(anchor.seq, anchor.hash);
  }
  return known;
};

/**
 * Goes through a tenant's log, oldest first, up to the first broken link. It has to begin with entry 1, or right behind an anchor.
 * Without anchors, a log whose end was cut off, or that was written anew from some place to its end, looks whole.
 * @param entries what is to be entries; whatever is none counts as changed.
 * @param tenantId whose log; without it, that of the first entry.
 */
export const verifyChain = async (
  entries: AsyncIterable<unknown>,
  options: { readonly tenantId?: string; readonly anchors?: Iterable<Anchor> } = {},
): Promise<ChainReport> => {
  const rest = entries[Symbol.asyncIterator]();
  let { tenantId } = options;
  let anchors = tenantId === undefined ? undefined : indexAnchors(options.anchors ?? [], tenantId);
  let last = { seq: 0, hash: zeroHash };
  let count = 0;
  const report = (broken?: Break): ChainReport => ({ tenantId, entries: count, head: last, broken });
  try {
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      const expected = last.seq + 1;
      const entry = auditEntry.safeParse(next.value).data;
      if (!entry) return report({ seq: expected, kind: 'changed', detail: 'it is no entry of an audit log' });
      tenantId ??= entry.tenantId;
      anchors ??= indexAnchors(options.anchors ?? [], tenantId);
      if (entry.tenantId !== tenantId) {
        return report({ seq: expected, kind: 'inserted', detail: `it belongs to tenant ${entry.tenantId}` });
      }
      const before = anchors.get(entry.seq - 1);
      if (count === 0 && before !== undefined) last = { seq: entry.seq - 1, hash: before };
      if (entry.seq !== last.seq + 1 || hashOf(entry) !== entry.hash || entry.previousHash !== last.hash) {
        return report({ seq: last.seq + 1, ...(await explain(entry, last, rest)) });
      }
      const anchored = anchors.get(entry.seq);
      if (anchored !== undefined && anchored !== entry.hash) {
        return report({ seq: entry.seq, kind: 'replaced', detail: 'an anchor knows another one' });
      }
      last = { seq: entry.seq, hash: entry.hash };
      count++;
    }
  } finally {
    await rest.return?.();
  }
  const ending = [...(anchors ?? indexAnchors(options.anchors ?? [], '')).keys()].filter(seq => seq > last.seq);
  if (ending.length === 0) return report();
  return report({
    seq: last.seq + 1,
    kind: 'cut',
    detail: `the log ends here, and an anchor knows entry ${Math.max(...ending)}`,
  });
};
