import type { AttioState } from '../model/state.ts';
import { valuesOf } from '../model/table.ts';
import type { Actor, Attribute, Rec, Value } from '../model/types.ts';
import { toNanos } from '../time.ts';
import { valueTypeOf } from '../values/index.ts';

type Rendered = Record<string, unknown>;
const EMPTY: readonly Rendered[] = [];
const PATH_NOUNS: Readonly<Record<string, string>> = { people: 'person', companies: 'company', deals: 'deal' };

/** A record as Attio shows it: every attribute that is not archived, each an array, `[]` when it has no value. */
export function renderRecord(state: AttioState, rec: Rec): Rendered {
  const createdAt = toNanos(rec.createdAtMs);
  const noun = PATH_NOUNS[rec.table.slug] ?? rec.table.slug;
  return {
    id: { workspace_id: state.workspaceId, object_id: rec.table.id, record_id: rec.id },
    created_at: createdAt,
    web_url: `https://app.attio.com/${state.workspaceSlug}/${noun}/${rec.id}`,
    values: renderValues(state, rec, createdAt),
  };
}

export function renderEntry(state: AttioState, entry: Rec): Rendered {
  const createdAt = toNanos(entry.createdAtMs);
  return {
    id: { workspace_id: state.workspaceId, list_id: entry.table.id, entry_id: entry.id },
    parent_record_id: entry.parent?.id,
    parent_object: entry.parent?.table.slug,
    created_at: createdAt,
    entry_values: renderValues(state, entry, createdAt),
  };
}

function renderValues(state: AttioState, rec: Rec, createdAt: string): Rendered {
  const actor = rec.madeBy;
  const values: Rendered = {};
  for (const attribute of rec.table.attributes) {
    if (attribute.isArchived) continue;
    values[attribute.slug] = renderAttributeValues(state, rec, attribute, { createdAt, actor });
  }
  return values;
}

function renderAttributeValues(
  state: AttioState,
  rec: Rec,
  attribute: Attribute,
  shared: { readonly createdAt: string; readonly actor: Actor },
): readonly Rendered[] {
  if (attribute.slot < 0 && attribute.inverseOf === undefined) return derivedValue(rec, attribute, shared);
  const current = valuesOf(rec, attribute);
  if (current.length === 0) return EMPTY;
  const origins = rec.origins?.get(attribute.slot);
  return current.map((value, i) => {
    const origin = origins?.[i];
    return renderValue(state, rec, attribute, {
      value,
      actor: origin === undefined ? shared.actor : origin.actor,
      from: origin === undefined ? shared.createdAt : toNanos(origin.fromMs),
      until: null,
    });
  });
}

function renderValue(
  state: AttioState,
  rec: Rec,
  attribute: Attribute,
  at: { readonly value: Value; readonly from: string; readonly until: string | null; readonly actor: Actor },
): Rendered {
  return {
    active_from: at.from,
    active_until: at.until,
    created_by_actor: at.actor,
    attribute_type: attribute.type,
    ...valueTypeOf(attribute.type).render(at.value, attribute, rec.table, state),
  };
}

/** What a record says of itself rather than stores. */
function derivedValue(
  rec: Rec,
  attribute: Attribute,
  { createdAt, actor }: { readonly createdAt: string; readonly actor: Actor },
): readonly Rendered[] {
  const shared = {
    active_from: createdAt,
    active_until: null,
    created_by_actor: actor,
    attribute_type: attribute.type,
  };
  switch (attribute.slug) {
    case 'record_id':
    case 'entry_id':
      return [{ ...shared, value: rec.id }];
    case 'created_at':
      return [{ ...shared, value: createdAt }];
    case 'created_by':
      return [{ ...shared, referenced_actor_type: actor.type, referenced_actor_id: actor.id }];
    default:
      return EMPTY;
  }
}

/** One attribute's values, newest first; with `isHistoric` also those that no longer hold. */
export function renderAttributeHistory(
  state: AttioState,
  rec: Rec,
  attribute: Attribute,
  isHistoric: boolean,
): readonly Rendered[] {
  const shared = { createdAt: toNanos(rec.createdAtMs), actor: rec.madeBy };
  const current = renderAttributeValues(state, rec, attribute, shared);
  if (!isHistoric) return current;
  const past = [...(rec.past?.get(attribute.slot) ?? [])].reverse();
  return [
    ...current,
    ...past.map(({ value, origin, untilMs }) =>
      renderValue(state, rec, attribute, {
        value,
        actor: origin.actor,
        from: toNanos(origin.fromMs),
        until: toNanos(untilMs),
      }),
    ),
  ];
}
