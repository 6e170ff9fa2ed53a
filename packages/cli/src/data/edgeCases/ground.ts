import type { AffinityRow } from '@freight/sandbox';

/** Ids that the cases refer to. Each kind of record counts for itself. */
export const users = { ines: 9001, per: 9002, noor: 9003, lena: 9004 } as const;
export const organizations = { harbour: 100, ownFirm: 101, quay: 102, pier: 103 } as const;
export const persons = { mira: 200, tomas: 201 } as const;
export const lists = { watched: 1, dealFlow: 2, followOns: 3, introducers: 4 } as const;
export const opportunities = { harbourSeed: 300 } as const;

export const organizationFields = {
  industry: 1001,
  foundedOn: 1002,
  headquarters: 1003,
  rounds: 1004,
  dealTeam: 1005,
  parent: 1006,
  runway: 1007,
} as const;
export const personFields = { phone: 2001, titles: 2002 } as const;
export const watchedFields = { warmth: 3001, since: 3002 } as const;
export const dealFlowFields = { status: 3101, owners: 3102, amount: 3103 } as const;
export const followOnFields = { status: 3201, owners: 3202, amount: 3203 } as const;

/** Members of the target; Lena has no account there, and Per's is suspended as he has left. */
export const members = [
  { email: 'ines@birch.example', firstName: 'Ines', lastName: 'Holm' },
  { email: 'per@birch.example', firstName: 'Per', lastName: 'Aakre', accessLevel: 'suspended' },
  { email: 'noor@birch.example', firstName: 'Noor', lastName: 'Amari' },
] as const;

const number = { value_type: 3 } as const;
const ranked = (texts: readonly string[], firstId: number) =>
  texts.map((text, index) => ({ id: firstId + index, text, rank: index + 1, color: index }));

/** Users, columns, lists and a few plain records: what the cases stand on. */
export const ground: readonly AffinityRow[] = [
  { kind: 'user', id: users.ines, first_name: 'Ines', last_name: 'Holm', email: 'ines@birch.example' },
  {
    kind: 'user',
    id: users.per,
    first_name: 'Per',
    last_name: 'Aakre',
    email: 'per@birch.example',
    status: 'deactivated',
  },
  { kind: 'user', id: users.noor, first_name: 'Noor', last_name: 'Amari', email: 'noor@birch.example' },
  { kind: 'user', id: users.lena, first_name: 'Lena', last_name: 'Voss', email: 'lena@birch.example' },

  {
    kind: 'field',
    id: organizationFields.industry,
    name: 'Industry',
    entity_type: 1,
    value_type: 2,
    allows_multiple: true,
  },
  { kind: 'field', id: organizationFields.foundedOn, name: 'Founded On', entity_type: 1, value_type: 4 },
  { kind: 'field', id: organizationFields.headquarters, name: 'Headquarters', entity_type: 1, value_type: 5 },
  { kind: 'field', id: organizationFields.rounds, name: 'Rounds', entity_type: 1, ...number, allows_multiple: true },
  {
    kind: 'field',
    id: organizationFields.dealTeam,
    name: 'Deal Team',
    entity_type: 1,
    value_type: 0,
    allows_multiple: true,
  },
  { kind: 'field', id: organizationFields.parent, name: 'Parent Company', entity_type: 1, value_type: 1 },
  {
    kind: 'field',
    id: organizationFields.runway,
    name: 'Runway',
    entity_type: 1,
    ...number,
    v2_type: 'formula-number',
  },
  { kind: 'field', id: personFields.phone, name: 'Phone Number', entity_type: 0, value_type: 6 },
  { kind: 'field', id: personFields.titles, name: 'Job Titles', entity_type: 0, value_type: 10, allows_multiple: true },

  { kind: 'list', id: lists.watched, name: 'Watched companies', type: 1, owner_id: users.ines },
  { kind: 'field', id: watchedFields.warmth, name: 'Warmth', entity_type: 1, list_id: lists.watched, value_type: 2 },
  { kind: 'field', id: watchedFields.since, name: 'Since', entity_type: 1, list_id: lists.watched, value_type: 4 },
  { kind: 'list', id: lists.dealFlow, name: 'Deal flow', type: 8, owner_id: users.ines },
  {
    kind: 'field',
    id: dealFlowFields.status,
    name: 'Status',
    entity_type: 8,
    list_id: lists.dealFlow,
    value_type: 7,
    is_status: true,
    dropdown_options: ranked(['New', 'Term sheet', 'Won', 'Lost'], 8801),
  },
  {
    kind: 'field',
    id: dealFlowFields.owners,
    name: 'Owners',
    entity_type: 8,
    list_id: lists.dealFlow,
    value_type: 0,
    allows_multiple: true,
  },
  { kind: 'field', id: dealFlowFields.amount, name: 'Amount', entity_type: 8, list_id: lists.dealFlow, ...number },
  { kind: 'list', id: lists.followOns, name: 'Follow-ons', type: 8, owner_id: users.noor },
  {
    kind: 'field',
    id: followOnFields.status,
    name: 'Status',
    entity_type: 8,
    list_id: lists.followOns,
    value_type: 7,
    is_status: true,
    dropdown_options: ranked(['New', 'Committed', 'Won', 'Passed'], 8901),
  },
  {
    kind: 'field',
    id: followOnFields.owners,
    name: 'Owners',
    entity_type: 8,
    list_id: lists.followOns,
    value_type: 0,
    allows_multiple: true,
  },
  { kind: 'field', id: followOnFields.amount, name: 'Amount', entity_type: 8, list_id: lists.followOns, ...number },
  { kind: 'list', id: lists.introducers, name: 'Introducers', type: 0, owner_id: users.ines },

  { kind: 'organization', id: organizations.harbour, name: 'Harbour Works', domain: 'harbour.example' },
  { kind: 'organization', id: organizations.ownFirm, name: 'Birch Capital', domain: 'birch.example' },
  { kind: 'organization', id: organizations.quay, name: 'Quayside', domain: 'quayside.example' },
  { kind: 'organization', id: organizations.pier, name: 'Pier Nine', domain: 'pier.example' },
  {
    kind: 'person',
    id: persons.mira,
    first_name: 'Mira',
    last_name: 'Sol',
    emails: ['mira@harbour.example'],
    organization_ids: [organizations.harbour],
  },
  {
    kind: 'person',
    id: persons.tomas,
    first_name: 'Tomas',
    last_name: 'Rey',
    emails: ['tomas@quayside.example'],
    organization_ids: [organizations.quay],
  },
  {
    kind: 'opportunity',
    id: opportunities.harbourSeed,
    name: 'Harbour Works – Seed',
    list_id: lists.dealFlow,
    organization_ids: [organizations.harbour],
    person_ids: [persons.mira],
  },
  {
    kind: 'list_entry',
    id: 600,
    list_id: lists.dealFlow,
    entity_id: opportunities.harbourSeed,
    created_at: '2024-01-15T10:00:00-08:00',
    values: { [dealFlowFields.status]: 'New', [dealFlowFields.owners]: users.ines, [dealFlowFields.amount]: 250_000 },
  },
];

/** Plain persons, so many that their directory has a third page. */
export const crowd: readonly AffinityRow[] = Array.from({ length: 220 }, (_, index) => ({
  kind: 'person',
  id: 5001 + index,
  first_name: 'Plain',
  last_name: `Person ${index + 1}`,
  emails: [`plain.${index + 1}@harbour.example`],
  organization_ids: [organizations.harbour],
}));
