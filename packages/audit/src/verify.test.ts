import type { AuditEntry } from '@freight/contracts';
import { newId } from '@freight/kernel';
import { describe, expect, it } from 'vitest';
import { hashOf, zeroHash } from './hash.ts';
import { type Anchor, verifyChain } from './verify.ts';

const tenantId = newId();

const seal = (entry: Omit<AuditEntry, 'hash'>): AuditEntry => {
  const whole = { ...entry, hash: zeroHash };
  return { ...whole, hash: hashOf(whole) };
};

/** A chain as the database writes it. */
const chain = (length: number): AuditEntry[] => {
  const entries: AuditEntry[] = [];
  for (let seq = 1; seq <= length; seq++) {
    entries.push(
      seal({
        format: 1,
        tenantId,
        seq,
        at: `2026-11-23T10:00:00.${String(seq).padStart(6, '0')}Z`,
        requestedAt: '2026-11-23T10:00:00.000000Z',
        actorKind: 'tenant',
        actorId: newId(),
        source: '203.0.113.7',
        operation: 'createJob',
        resourceKind: 'job',
        resourceId: newId(),
        subjectTenantId: null,
        outcome: 'accepted',
        status: 201,
        code: null,
        count: 1,
        commandId: newId(),
        traceId: null,
        previousHash: entries.at(-1)?.hash ?? zeroHash,
      }),
    );
  }
  return entries;
};

async function* each(entries: readonly unknown[]) {
  await Promise.resolve();
  yield* entries;
}
const verify = (entries: readonly unknown[], anchors: Iterable<Anchor> = []) => verifyChain(each(entries), { anchors });
const brokenLink = async (entries: readonly unknown[], anchors: Iterable<Anchor> = []) => {
  const { broken } = await verify(entries, anchors);
  return broken && `${broken.seq} ${broken.kind}`;
};
/** As an attacker with the database would number them anew. */
const renumber = (entries: readonly AuditEntry[]) => entries.map((entry, i) => ({ ...entry, seq: i + 1 }));
/** As one who knows the digests would write them anew. */
const rewrite = (entries: readonly AuditEntry[]) => {
  const out: AuditEntry[] = [];
  for (const { hash: _, ...entry } of entries) {
    out.push(seal({ ...entry, seq: out.length + 1, previousHash: out.at(-1)?.hash ?? zeroHash }));
  }
  return out;
};
const at = (entries: readonly AuditEntry[], seq: number): AuditEntry => {
  const entry = entries[seq - 1];
  if (!entry) throw new Error(`no entry ${seq}`);
  return entry;
};

describe('a chain', () => {
  it('is whole as it was written, with where it ends; an empty one too', async () => {
    const entries = chain(20);
    expect(await verify(entries)).toEqual({
      tenantId,
      entries: 20,
      head: { seq: 20, hash: at(entries, 20).hash },
      broken: undefined,
    });
    expect(await verify([])).toMatchObject({ entries: 0, head: { seq: 0, hash: zeroHash }, broken: undefined });
  });

  it.each(Object.keys(at(chain(1), 1)))('shows the entry whose %s was changed', async name => {
    const entries = chain(9);
    const before = at(entries, 5)[name as keyof AuditEntry];
    const changed =
      typeof before === 'number'
        ? before + 1
        : name === 'traceId'
          ? 'f'
          : name.endsWith('Id')
            ? newId()
            : 'f'.repeat(64);
    const found = await brokenLink(entries.with(4, { ...at(entries, 5), [name]: changed }));
    expect(found).toMatch(/^5 /);
  });

  it('shows the first of several broken links', async () => {
    const entries = chain(9);
    const forged = entries.map(entry => ([4, 7].includes(entry.seq) ? { ...entry, status: 500 } : entry));
    expect(await brokenLink(forged)).toBe('4 changed');
  });

  it('shows what is missing, also at its start, and when the rest was numbered anew', async () => {
    const entries = chain(9);
    expect(await brokenLink(entries.toSpliced(4, 1))).toBe('5 missing');
    expect(await brokenLink(entries.toSpliced(4, 3))).toBe('5 missing');
    expect(await brokenLink(entries.slice(1))).toBe('1 missing');
    expect(await brokenLink(renumber(entries.toSpliced(4, 1)))).toBe('5 missing');
  });

  it('shows two that changed places, neighbours or not, with their numbers or with the places’', async () => {
    const entries = chain(9);
    for (const other of [5, 8]) {
      const swapped = entries.with(3, at(entries, other)).with(other - 1, at(entries, 4));
      expect(await brokenLink(swapped)).toBe('4 reordered');
      expect(await brokenLink(renumber(swapped))).toBe('4 reordered');
    }
  });

  it('shows what was put in: a forgery whose digest is right, an entry twice, another tenant’s', async () => {
    const entries = chain(9);
    const { hash: _, ...model } = at(entries, 5);
    const forgery = seal({ ...model, resourceId: newId() });
    expect(await brokenLink(renumber(entries.toSpliced(4, 0, forgery)))).toBe('6 inserted');
    expect(await brokenLink(entries.toSpliced(4, 0, at(entries, 3)))).toBe('5 inserted');
    const foreign = seal({ ...model, tenantId: newId() });
    expect(await brokenLink(entries.toSpliced(4, 1, foreign))).toBe('5 inserted');
  });

  it('shows the entry after one that was replaced by a whole one', async () => {
    const entries = chain(9);
    const { hash: _, ...model } = at(entries, 5);
    expect(await brokenLink(entries.with(4, seal({ ...model, outcome: 'refused' })))).toBe('6 replaced');
  });

  it('that was cut off, or written anew to its end, looks whole by itself and not beside an anchor', async () => {
    const entries = chain(9);
    const { seq, hash } = at(entries, 8);
    const cut = entries.slice(0, 6);
    expect(await brokenLink(cut)).toBeUndefined();
    expect(await brokenLink(cut, [{ seq, hash }])).toBe('7 cut');
    expect(await brokenLink([], [{ seq, hash }])).toBe('1 cut');
    const anew = rewrite(entries.toSpliced(3, 1));
    expect(await brokenLink(anew)).toBeUndefined();
    expect(await brokenLink(anew, [{ seq, hash }])).toBe('8 replaced');
    expect(await brokenLink(entries, [{ seq, hash }])).toBeUndefined();
    expect(await brokenLink(cut, [{ tenantId: newId(), seq, hash }])).toBeUndefined();
  });

  it('may begin behind an anchor, and only behind it', async () => {
    const entries = chain(9);
    const { seq, hash } = at(entries, 4);
    expect(await brokenLink(entries.slice(4), [{ seq, hash }])).toBeUndefined();
    expect(await brokenLink(entries.slice(4), [{ seq, hash: 'f'.repeat(64) }])).toBe('5 replaced');
    expect(await brokenLink(entries.slice(5), [{ seq, hash }])).toBe('1 missing');
  });

  it('is not verified against anchors that contradict each other', async () => {
    const { seq, hash } = at(chain(3), 2);
    const anchors = [
      { seq, hash },
      { seq, hash: zeroHash },
    ];
    await expect(verify(chain(3), anchors)).rejects.toThrow('different things');
  });

  it('with a line that is no entry is broken there', async () => {
    const entries: unknown[] = chain(4);
    expect(await brokenLink(entries.with(2, 'garbage'))).toBe('3 changed');
  });
});
