import { type AttributeDefinition, addAttribute } from './attribute.ts';
import { createTable } from './table.ts';
import type { Attribute, AttributeType, Table } from './types.ts';

/** The objects that every workspace has, with the attributes that Attio gives them. */

type Row = readonly [
  slug: string,
  title: string,
  type: AttributeType,
  extra?: Omit<AttributeDefinition, 'slug' | 'title' | 'type'>,
];

const READ_ONLY = { isWritable: false } as const;
const ENRICHED = { isWritable: false, isEnriched: true } as const;
const MULTI = { isMulti: true } as const;

const SOCIAL: readonly Row[] = [
  ['linkedin', 'LinkedIn', 'text'],
  ['twitter', 'Twitter', 'text'],
  ['facebook', 'Facebook', 'text'],
  ['instagram', 'Instagram', 'text'],
  ['angellist', 'AngelList', 'text'],
];

/** Filled by Attio itself from mailboxes and its own data; here always empty. */
const INTERACTIONS: readonly Row[] = [
  ['first_calendar_interaction', 'First calendar interaction', 'interaction', READ_ONLY],
  ['last_calendar_interaction', 'Last calendar interaction', 'interaction', READ_ONLY],
  ['next_calendar_interaction', 'Next calendar interaction', 'interaction', READ_ONLY],
  ['first_email_interaction', 'First email interaction', 'interaction', READ_ONLY],
  ['last_email_interaction', 'Last email interaction', 'interaction', READ_ONLY],
  ['first_interaction', 'First interaction', 'interaction', READ_ONLY],
  ['last_interaction', 'Last interaction', 'interaction', READ_ONLY],
  ['next_interaction', 'Next interaction', 'interaction', READ_ONLY],
  ['strongest_connection_strength', 'Connection strength', 'select', READ_ONLY],
  ['strongest_connection_user', 'Strongest connection', 'actor-reference', READ_ONLY],
];

const RECORD: readonly Row[] = [
  ['record_id', 'Record ID', 'text', READ_ONLY],
  ['created_at', 'Created at', 'timestamp', READ_ONLY],
  ['created_by', 'Created by', 'actor-reference', READ_ONLY],
];

const COMPANIES: readonly Row[] = [
  ['domains', 'Domains', 'domain', { isMulti: true, isUnique: true }],
  ['name', 'Name', 'text'],
  ['description', 'Description', 'text'],
  ['categories', 'Categories', 'select', MULTI],
  ['primary_location', 'Primary location', 'location'],
  ...SOCIAL,
  ['logo_url', 'Logo URL', 'text', ENRICHED],
  ['twitter_follower_count', 'Twitter follower count', 'number', READ_ONLY],
  ['estimated_arr_usd', 'Estimated ARR', 'select', READ_ONLY],
  [
    'funding_raised_usd',
    'Funding raised',
    'currency',
    { isWritable: false, currency: { code: 'USD', display: 'symbol' } },
  ],
  ['foundation_date', 'Foundation date', 'date', ENRICHED],
  ['employee_range', 'Employee range', 'select', { ...ENRICHED, options: ['1-10', '11-50', '51-250', '251-1K'] }],
  ...INTERACTIONS,
];

const PEOPLE: readonly Row[] = [
  ['name', 'Name', 'personal-name'],
  ['email_addresses', 'Email addresses', 'email-address', { isMulti: true, isUnique: true }],
  ['description', 'Description', 'text'],
  ['job_title', 'Job title', 'text'],
  ['phone_numbers', 'Phone numbers', 'phone-number', MULTI],
  ['primary_location', 'Primary location', 'location'],
  ...SOCIAL,
  ['avatar_url', 'Avatar URL', 'text', ENRICHED],
  ['twitter_follower_count', 'Twitter follower count', 'number', READ_ONLY],
  ...INTERACTIONS,
];

const DEALS: readonly Row[] = [
  ['name', 'Deal name', 'text', { isRequired: true }],
  ['stage', 'Deal stage', 'status', { isRequired: true, options: ['Lead', 'In Progress', 'Won 🎉', 'Lost'] }],
  ['owner', 'Deal owner', 'actor-reference', { isRequired: true }],
  ['value', 'Deal value', 'currency', { currency: { code: 'USD', display: 'symbol' } }],
];

export function createStandardObjects(dealsEnabled: boolean, nowMs: number): Table[] {
  const companies = createTable('object', 'companies', nowMs);
  const people = createTable('object', 'people', nowMs);
  addRows(companies, COMPANIES, nowMs);
  addRows(people, PEOPLE, nowMs);

  const company = addReference(people, 'company', 'Company', { to: companies, nowMs });
  addInverse(companies, 'team', 'Team', { table: people, attribute: company, nowMs });

  const tables = [companies, people];
  if (dealsEnabled) {
    const deals = createTable('object', 'deals', nowMs);
    addRows(deals, DEALS, nowMs);
    const dealPeople = addReference(deals, 'associated_people', 'Associated people', {
      to: people,
      nowMs,
      isMulti: true,
    });
    const dealCompany = addReference(deals, 'associated_company', 'Associated company', { to: companies, nowMs });
    addInverse(people, 'associated_deals', 'Associated deals', { table: deals, attribute: dealPeople, nowMs });
    addInverse(companies, 'associated_deals', 'Associated deals', { table: deals, attribute: dealCompany, nowMs });
    tables.push(deals);
  }
  for (const table of tables) addRows(table, RECORD, nowMs);
  return tables;
}

/** What any new object starts with. */
export function addRecordAttributes(table: Table, nowMs: number): void {
  addRows(table, RECORD, nowMs);
}

function addRows(table: Table, rows: readonly Row[], nowMs: number): void {
  for (const [slug, title, type, extra] of rows) {
    addAttribute(table, { slug, title, type, isSystem: true, ...extra }, nowMs);
  }
}

function addReference(
  table: Table,
  slug: string,
  title: string,
  extra: { readonly to: Table; readonly nowMs: number; readonly isMulti?: boolean },
): Attribute {
  const { to, nowMs, isMulti = false } = extra;
  const definition = { slug, title, type: 'record-reference', isSystem: true, isMulti } as const;
  return addAttribute(table, { ...definition, allowedObjectIds: [to.id] }, nowMs);
}

function addInverse(
  table: Table,
  slug: string,
  title: string,
  of: { readonly table: Table; readonly attribute: Attribute; readonly nowMs: number },
): void {
  addAttribute(
    table,
    {
      slug,
      title,
      type: 'record-reference',
      isSystem: true,
      isMulti: true,
      // Attio lets one write this side too; here the links are written where they are kept.
      isWritable: false,
      allowedObjectIds: [of.table.id],
      inverseOf: { table: of.table, attribute: of.attribute },
    },
    of.nowMs,
  );
}
