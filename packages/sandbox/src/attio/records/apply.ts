import { commit, valuesOf } from '../model/table.ts';
import type { Attribute, Origin, PastValue, Rec, Value } from '../model/types.ts';
import { valueTypeOf } from '../values/index.ts';

/** Values that stay keep their origin; those that go become history. */
export function applyUpdate(rec: Rec, attribute: Attribute, next: readonly Value[], origin: Origin): void {
  const { key } = valueTypeOf(attribute.type);
  const before = originsOf(rec, attribute, valuesOf(rec, attribute), key);
  if (next.length === 0 && before.size === 0) return;
  const kept = new Set(next.map(key));
  for (const [id, current] of before) {
    if (!kept.has(id)) pastOf(rec, attribute).push({ ...current, untilMs: origin.fromMs });
  }
  commit(rec, attribute, next);
  rec.origins ??= new Map();
  rec.origins.set(
    attribute.slot,
    next.map(value => before.get(key(value))?.origin ?? origin),
  );
}

function originsOf(
  rec: Rec,
  attribute: Attribute,
  values: readonly Value[],
  key: (value: Value) => string,
): Map<string, { value: Value; origin: Origin }> {
  const origins = rec.origins?.get(attribute.slot);
  const first: Origin = { fromMs: rec.createdAtMs, actor: rec.madeBy };
  return new Map(values.map((value, i) => [key(value), { value, origin: origins?.[i] ?? first }]));
}

function pastOf(rec: Rec, attribute: Attribute): PastValue[] {
  rec.past ??= new Map();
  let past = rec.past.get(attribute.slot);
  if (past === undefined) {
    past = [];
    rec.past.set(attribute.slot, past);
  }
  return past;
}
