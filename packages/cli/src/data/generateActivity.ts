import { faker } from '@faker-js/faker/locale/en';
import type {
  CrmPart,
  ListEntryRow,
  ListRow,
  NoteRow,
  OpportunityRow,
  OrganizationRow,
  PersonRow,
  UserRow,
} from './rows.ts';

/** The lists of every generated CRM, whatever its size. The two of opportunities share some names of stages, and not others. */
export const generatedLists: readonly ListRow[] = [
  {
    id: 'list-targets',
    name: 'Target companies',
    entity_type: 'organization',
    fields: [
      { name: 'Status', type: 'dropdown' },
      { name: 'Team size', type: 'number' },
      { name: 'Hiring', type: 'checkbox' },
    ],
  },
  {
    id: 'list-portfolio',
    name: 'Portfolio',
    entity_type: 'organization',
    fields: [
      { name: 'Since', type: 'date' },
      { name: 'Thesis', type: 'text' },
    ],
  },
  {
    id: 'list-introducers',
    name: 'Introducers',
    entity_type: 'person',
    fields: [{ name: 'Introductions', type: 'number' }],
  },
  {
    id: 'list-deal-flow',
    name: 'Deal flow',
    entity_type: 'opportunity',
    fields: [
      { name: 'Stage', type: 'dropdown' },
      { name: 'Amount', type: 'currency' },
      { name: 'Expected close', type: 'date' },
    ],
  },
  {
    id: 'list-follow-ons',
    name: 'Follow-on rounds',
    entity_type: 'opportunity',
    fields: [
      { name: 'Stage', type: 'dropdown' },
      { name: 'Amount', type: 'currency' },
    ],
  },
];

const stages = {
  'list-deal-flow': ['New', 'Screening', 'Partner meeting', 'Term sheet', 'Won', 'Lost'],
  'list-follow-ons': ['New', 'Committed', 'Won', 'Passed'],
} as const;

export interface ActivitySizes {
  readonly opportunities: number;
  /** At least as many as opportunities: each of these is on one list. */
  readonly listEntries: number;
  readonly notes: number;
}

/** What the activity hangs on. At least one organization. */
interface Ground {
  readonly users: readonly UserRow[];
  readonly organizations: readonly OrganizationRow[];
  readonly persons: readonly PersonRow[];
}

const maybe = <T>(probability: number, value: () => T): T | null =>
  faker.datatype.boolean({ probability }) ? value() : null;

const pick = <T>(rows: readonly T[]): T => faker.helpers.arrayElement(rows);

const someTime = (): string =>
  faker.date.between({ from: '2018-01-01T00:00:00Z', to: '2025-06-30T00:00:00Z' }).toISOString();

/**
 * Opportunities, list entries and notes for these organizations and persons. Draws from faker as it stands seeded.
 * @param before how many of each came in earlier parts, for the ids.
 */
export const newActivity = (
  ground: Ground,
  sizes: ActivitySizes,
  before: ActivitySizes,
): Pick<CrmPart, 'opportunities' | 'listEntries' | 'notes'> => {
  const opportunities = Array.from({ length: sizes.opportunities }, (_, i) =>
    newOpportunity(ground, before.opportunities + i),
  );
  const listEntries = Array.from({ length: Math.max(sizes.listEntries, sizes.opportunities) }, (_, i) => {
    const opportunity = opportunities[i];
    const id = `ent-${String(before.listEntries + i + 1).padStart(6, '0')}`;
    return opportunity === undefined ? newMembership(ground, id, i) : newPipelineEntry(opportunity, id, i);
  });
  const notes = Array.from({ length: sizes.notes }, (_, i) => newNote(ground, opportunities, before.notes + i));
  return { opportunities, listEntries, notes };
};

const newOpportunity = ({ users, organizations, persons }: Ground, index: number): OpportunityRow => {
  const company = pick(organizations);
  // A few have no company, as in every CRM; some have their investors with them.
  const others = index % 12 === 4 ? faker.helpers.arrayElements(organizations, 3).map(row => row.id) : [];
  return {
    id: `opp-${String(index + 1).padStart(6, '0')}`,
    name: `${company.name} – ${pick(['Seed', 'Series A', 'Series B', 'Bridge'])}`,
    organization_ids: index % 30 === 11 ? [] : [...new Set([company.id, ...others])],
    person_ids: persons.length === 0 ? [] : faker.helpers.arrayElements(persons, index % 4).map(row => row.id),
    owner_id: maybe(0.6, () => pick(users).id),
  };
};

const newPipelineEntry = (opportunity: OpportunityRow, id: string, index: number): ListEntryRow => {
  const list = index % 5 === 0 ? 'list-follow-ons' : 'list-deal-flow';
  const amount = maybe(0.6, () => faker.number.int({ min: 0, max: 400 }) * 25_000);
  const fields = { Stage: maybe(0.95, () => pick(stages[list])), Amount: amount };
  return {
    id,
    list_id: list,
    entity_type: 'opportunity',
    entity_id: opportunity.id,
    created_at: someTime(),
    fields:
      list === 'list-deal-flow' ? { ...fields, 'Expected close': maybe(0.3, () => someTime().slice(0, 10)) } : fields,
  };
};

/** A company or a person on a list; now and then for a second time, which Affinity allows. */
const newMembership = ({ organizations, persons }: Ground, id: string, index: number): ListEntryRow => {
  const shared = { id, created_at: maybe(0.9, someTime) };
  if (index % 10 === 3 && persons.length > 0) {
    const fields = { Introductions: maybe(0.8, () => faker.number.int({ min: 1, max: 40 })) };
    return { ...shared, list_id: 'list-introducers', entity_type: 'person', entity_id: pick(persons).id, fields };
  }
  const entity = { entity_type: 'organization', entity_id: pick(organizations).id } as const;
  if (index % 4 === 1) {
    const fields = {
      Since: maybe(0.7, () => someTime().slice(0, 10)),
      Thesis: maybe(0.5, () => faker.company.buzzPhrase()),
    };
    return { ...shared, ...entity, list_id: 'list-portfolio', fields };
  }
  const fields = {
    Status: maybe(0.9, () => pick(['To contact', 'Contacted', 'Meeting', 'Passed'])),
    'Team size': maybe(0.7, () => faker.number.int({ min: 1, max: 900 })),
    Hiring: maybe(0.8, () => faker.datatype.boolean()),
  };
  return { ...shared, ...entity, list_id: 'list-targets', fields };
};

const newNote = (
  { users, organizations, persons }: Ground,
  opportunities: readonly OpportunityRow[],
  index: number,
): NoteRow => {
  const isAboutDeal = index % 3 === 0 && opportunities.length > 0;
  const isAboutPerson = index % 4 === 1 && persons.length > 0;
  const sentences = faker.helpers.arrayElements(remarks, { min: 1, max: remarks.length });
  return {
    id: `note-${String(index + 1).padStart(6, '0')}`,
    title: maybe(0.8, () => pick(['Call', 'Meeting', 'Site visit', 'Reference check'])),
    // Some notes are equal to the letter, as they are in every CRM.
    content: index % 50 === 7 ? 'Left a voicemail.' : sentences.join(index % 6 === 2 ? '\r\n' : '\n'),
    organization_ids: [pick(organizations).id],
    person_ids: isAboutPerson ? [pick(persons).id] : [],
    opportunity_ids: isAboutDeal ? [pick(opportunities).id] : [],
    author_id: maybe(0.8, () => pick(users).id),
    created_at: someTime(),
  };
};

const remarks = [
  'Met the founders on site; strong team.',
  'Revenue doubled since the last round.',
  'Ask for the cap table and the churn numbers.',
  'They know *everyone* in the field – good references.',
  'Price is too high for us at the moment ☹️.',
  'Follow up in spring.',
] as const;
