import type { OutgoingValues } from '../connectors/connector.ts';
import type { OpportunityRecord } from '../records/model.ts';
import type { RunAgreement } from './agreement.ts';

/** What an opportunity must have at the target besides its name. */
export interface OpportunityParts {
  /** Members, the main one first; never empty where `lacking` is null. */
  readonly ownerIds: readonly string[];
  /** Its values, with a stage where it had none. */
  readonly values: readonly OutgoingValues[];
  readonly notes: readonly string[];
  /** What keeps it from being made, for a person to read; null for nothing. */
  readonly lacking: string | null;
}

/** The members for its owners, else for the owner of its list, else the one who takes what nobody can be found for. */
const ownersOf = (record: OpportunityRecord, { mapping, source }: RunAgreement) => {
  const { members, fallback } = mapping.users;
  const owners = [...new Set(record.ownerIds.flatMap(id => members[id] ?? []))];
  const listOwner = source.lists.find(list => list.id === record.listId)?.ownerId;
  const standIn = (typeof listOwner === 'string' ? members[listOwner] : undefined) ?? fallback;
  const ownerIds = owners.length > 0 ? owners : standIn === null ? [] : [standIn];
  return { ownerIds, isUnmapped: owners.length < new Set(record.ownerIds).size };
};

/** The first stage of its list, by rank: where an opportunity without one begins. */
const firstStageOf = (record: OpportunityRecord, agreement: RunAgreement, slug: string): OutgoingValues | null => {
  const fields = agreement.source.lists.find(list => list.id === record.listId)?.fields ?? [];
  const stages = agreement
    .fieldsOf('opportunities')
    .find(({ from, to }) => to.slug === slug && fields.some(field => field.id === from.id));
  const titles = stages?.from.options?.map(title => title.trim()).filter(title => title !== '') ?? [];
  const title = titles.map(one => stages?.titles?.[one] ?? one)[0];
  if (stages === undefined || title === undefined) return null;
  return { slug, type: stages.to.type, isMultiple: false, values: [stages.options?.resolve(title) ?? title] };
};

const stageSlugOf = ({ target, mapping }: RunAgreement): string | undefined =>
  target.objects
    .find(home => home.slug === mapping.objects.opportunities?.to)
    ?.attributes.find(attribute => attribute.holds === 'stage' && attribute.isRequired)?.slug;

/** Works out owners and stage, without which the target takes no opportunity. Pure. */
export const opportunityParts = (
  record: OpportunityRecord,
  values: readonly OutgoingValues[],
  agreement: RunAgreement,
): OpportunityParts => {
  const { ownerIds, isUnmapped } = ownersOf(record, agreement);
  const slug = stageSlugOf(agreement);
  const lacksStage = slug !== undefined && !values.some(one => one.slug === slug);
  const stage = lacksStage ? firstStageOf(record, agreement, slug) : null;
  const lacking = [
    ...(ownerIds.length > 0
      ? []
      : [
          'It needs an owner, and neither an owner of it nor the owner of its list is a member of the target: invite one of them with the same address.',
        ]),
    ...(lacksStage && stage === null ? ['It needs a stage, and its list has none: give it one at the source.'] : []),
  ];
  return {
    ownerIds,
    values: stage === null ? values : [...values, stage],
    notes: [...(stage === null ? [] : ['stage_missing']), ...(isUnmapped ? ['unmapped_user'] : [])],
    lacking: lacking.length === 0 ? null : lacking.join(' '),
  };
};
