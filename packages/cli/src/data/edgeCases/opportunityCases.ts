import type { AffinityRow } from '@freight/sandbox';
import type { EdgeCase } from './edgeCase.ts';
import {
  dealFlowFields as field,
  followOnFields,
  lists,
  organizations,
  persons,
  users,
  watchedFields,
} from './ground.ts';

/** An opportunity with its one entry, which has the same id plus 300. Unless changed: new, owned by Ines, 100,000. */
const deal = (
  id: number,
  name: string,
  values: Record<string, number | string | readonly number[] | null> = {},
  changes: { readonly access?: 'restricted' | 'redacted'; readonly organization_ids?: readonly number[] } = {},
): readonly AffinityRow[] => [
  {
    kind: 'opportunity',
    id,
    name,
    list_id: lists.dealFlow,
    organization_ids: [organizations.quay],
    person_ids: [persons.tomas],
    ...changes,
  },
  {
    kind: 'list_entry',
    id: id + 300,
    list_id: lists.dealFlow,
    entity_id: id,
    creator_id: users.ines,
    created_at: '2024-03-01T10:00:00Z',
    values: { [field.status]: 'New', [field.owners]: [users.ines], [field.amount]: 100_000, ...values },
  },
];

const about = (id: number): EdgeCase['about'] => [['opportunities', id]];

export const opportunityCases: readonly EdgeCase[] = [
  {
    name: 'opportunity-without-status',
    says: 'No status, while a deal must have a stage.',
    about: about(320),
    affinity: deal(320, 'No status', { [field.status]: null }),
  },
  {
    name: 'opportunity-without-owner',
    says: 'No owner, while a deal must have one.',
    about: about(321),
    affinity: deal(321, 'No owner', { [field.owners]: null }),
  },
  {
    name: 'opportunity-with-deactivated-owner',
    says: 'Its owner has left the company.',
    about: about(322),
    affinity: deal(322, 'Owner has left', { [field.owners]: [users.per] }),
  },
  {
    name: 'opportunity-with-two-owners',
    says: 'Two owners, while a deal has one.',
    about: about(323),
    affinity: deal(323, 'Two owners', { [field.owners]: [users.noor, users.ines] }),
  },
  {
    name: 'opportunity-with-unmapped-owner',
    says: 'Its owner has no account at the target.',
    about: about(324),
    affinity: deal(324, 'Owner unknown there', { [field.owners]: [users.lena] }),
  },
  {
    name: 'opportunity-with-zero-amount',
    says: 'An amount of 0, which is a value and not an empty cell.',
    about: about(325),
    affinity: deal(325, 'For nothing', { [field.amount]: 0 }),
  },
  {
    name: 'opportunity-with-five-decimals',
    says: 'An amount with five decimals, while the target keeps four.',
    about: about(326),
    affinity: deal(326, 'To the fraction', { [field.amount]: 1234.56789 }),
  },
  {
    name: 'opportunity-with-three-companies',
    says: 'Three organizations, while a deal has one company.',
    about: about(327),
    affinity: deal(
      327,
      'Syndicate',
      {},
      { organization_ids: [organizations.quay, organizations.pier, organizations.harbour] },
    ),
  },
  {
    name: 'opportunity-of-merged-company',
    says: 'Its organization was merged into another, and it still names the lost one.',
    about: about(328),
    affinity: deal(328, 'Old name', {}, { organization_ids: [119] }),
  },
  {
    name: 'redacted-opportunity',
    says: 'The key’s user may see neither its name nor its fields.',
    about: about(329),
    affinity: deal(329, 'Secret', {}, { access: 'redacted' }),
  },
  {
    name: 'restricted-opportunity',
    says: 'The key’s user sees its name and none of its fields.',
    about: about(330),
    affinity: deal(330, 'Half secret', {}, { access: 'restricted' }),
  },
  {
    name: 'pipelines-sharing-stage-names',
    says: 'Two lists of opportunities: New and Won are in both, the other stages in one.',
    about: [
      ['lists', lists.dealFlow],
      ['lists', lists.followOns],
      ['opportunities', 331],
    ],
    affinity: [
      {
        kind: 'opportunity',
        id: 331,
        name: 'Second pipeline',
        list_id: lists.followOns,
        organization_ids: [organizations.harbour],
      },
      {
        kind: 'list_entry',
        id: 631,
        list_id: lists.followOns,
        entity_id: 331,
        values: {
          [followOnFields.status]: 'Committed',
          [followOnFields.owners]: [users.noor],
          [followOnFields.amount]: 5,
        },
      },
    ],
  },
  {
    name: 'company-three-times-on-a-list',
    says: 'The same organization has three entries on one list, each with a date of its own.',
    about: [
      ['listEntries', 640],
      ['listEntries', 641],
      ['listEntries', 642],
    ],
    affinity: [1, 2, 3].map(month => ({
      kind: 'list_entry',
      id: 639 + month,
      list_id: lists.watched,
      entity_id: organizations.harbour,
      created_at: `2024-0${month}-01T10:00:00Z`,
      values: { [watchedFields.since]: `2024-0${month}-10T08:00:00Z` },
    })),
  },
  {
    name: 'dropdown-values-differing-by-case',
    says: 'Three options that differ only by a capital and a blank.',
    about: [
      ['listEntries', 643],
      ['listEntries', 644],
      ['listEntries', 645],
    ],
    affinity: ['Warm', 'warm', 'Warm '].map((text, index) => ({
      kind: 'list_entry',
      id: 643 + index,
      list_id: lists.watched,
      entity_id: [organizations.quay, organizations.pier, 110][index] ?? 110,
      values: { [watchedFields.warmth]: text },
    })),
  },
  {
    name: 'entry-that-the-key-cannot-see',
    says: 'The list counts an entry that the key’s user does not see.',
    about: [['lists', lists.watched]],
    affinity: [
      { kind: 'list_entry', id: 646, list_id: lists.watched, entity_id: organizations.ownFirm, invisible: true },
    ],
  },
  {
    name: 'private-list',
    says: 'A list that only its owner and some others may see.',
    about: [['lists', 5]],
    affinity: [
      { kind: 'list', id: 5, name: 'Partners only', type: 0, public: false, owner_id: users.ines },
      { kind: 'list_entry', id: 647, list_id: 5, entity_id: persons.mira },
    ],
  },
  {
    name: 'saved-views',
    says: 'Two saved views of a list, a sheet and a board; the target has nothing to put them in.',
    about: [['lists', lists.watched]],
    affinity: [
      {
        kind: 'saved_view',
        id: 1,
        list_id: lists.watched,
        name: 'Warm ones',
        field_ids: [watchedFields.warmth],
        entry_ids: [643],
      },
      { kind: 'saved_view', id: 2, list_id: lists.watched, name: 'Board', type: 'board' },
    ],
  },
];
