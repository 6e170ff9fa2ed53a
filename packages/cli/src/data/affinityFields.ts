import type { AffinityCell } from '@freight/sandbox';
import type { OrganizationRow, PersonRow } from './rows.ts';

/** Affinity's integers for kinds of values. Source: reference of its v1 API, "Fields". */
export const valueTypes = {
  person: 0,
  dropdown: 2,
  number: 3,
  date: 4,
  location: 5,
  text: 6,
  rankedDropdown: 7,
  filterableText: 10,
} as const;

/** What a cell is computed from, beside its row. */
export interface CellContext {
  readonly personIdOfUser: (userId: string) => number;
}

/** A global field of the stand-in and how its cell follows from a row; null means an empty cell. */
export interface GlobalField<R> {
  readonly name: string;
  readonly valueType: number;
  readonly multiple?: true;
  readonly cell: (row: R, context: CellContext) => AffinityCell | readonly AffinityCell[] | null;
}

const yesNo = (flag: boolean | null): string | null => (flag === null ? null : flag ? 'Yes' : 'No');

const regionNames = new Intl.DisplayNames(['en'], { type: 'region', fallback: 'code' });

/** The country's English name; what is no code of two letters stays as it is. */
export const countryName = (country: string): string =>
  /^[A-Z]{2}$/.test(country) ? (regionNames.of(country) ?? country) : country;

const pacificHour = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hour: '2-digit',
  hourCycle: 'h23',
});

/** Midnight of that day on the Pacific coast, which is how Affinity stores dates: 07:00Z in summer, 08:00Z in winter. */
export const pacificMidnight = (isoDate: string): string => {
  const day = isoDate.slice(0, 10);
  const isSummer = pacificHour.format(new Date(`${day}T07:00:00Z`)) === '00';
  return `${day}T0${isSummer ? 7 : 8}:00:00Z`;
};

const textField = <R>(name: string, cell: (row: R) => string | null): GlobalField<R> => ({
  name,
  valueType: valueTypes.text,
  cell,
});
const dropdown = <R>(name: string, cell: (row: R) => string | null): GlobalField<R> => ({
  name,
  valueType: valueTypes.dropdown,
  cell,
});

/** The columns of organizations, as vc-crm's table "As Affinity" has them. Its location field has no name there. */
export const organizationFields: readonly GlobalField<OrganizationRow>[] = [
  textField('Source ID', row => row.id),
  textField('Description', row => row.description),
  textField('Website', row => row.website),
  textField('Address', row => row.address),
  textField('Location', row => row.location),
  textField('URL', row => row.url),
  textField('LinkedIn URL', row => row.linkedin_url),
  textField('Twitter URL', row => row.twitter_url),
  textField('Facebook URL', row => row.facebook_url),
  textField('GitHub URL', row => row.github_url),
  textField('Crunchbase URL', row => row.crunchbase_url),
  textField('Former Names', row => (row.former_names.length === 0 ? null : row.former_names.join('; '))),
  {
    name: 'Headquarters',
    valueType: valueTypes.location,
    cell: row =>
      row.city === null && row.country === null
        ? null
        : { city: row.city, country: row.country === null ? null : countryName(row.country) },
  },
  { name: 'Founded Year', valueType: valueTypes.number, cell: row => row.founded_year },
  { name: 'Team Size', valueType: valueTypes.number, cell: row => row.team_size },
  dropdown('Batch', row => row.batch),
  dropdown('Industry', row => row.industry),
  dropdown('Subindustry', row => row.subindustry),
  dropdown('Stage', row => row.stage),
  dropdown('Status', row => row.status),
  { name: 'Tags', valueType: valueTypes.dropdown, multiple: true, cell: row => row.tags },
  { name: 'Regions', valueType: valueTypes.dropdown, multiple: true, cell: row => row.regions },
  dropdown('Top Company', row => yesNo(row.top_company)),
  dropdown('Is Hiring', row => yesNo(row.is_hiring)),
  dropdown('Nonprofit', row => yesNo(row.nonprofit)),
  {
    name: 'Owner',
    valueType: valueTypes.person,
    cell: (row, context) => (row.owner_id === null ? null : context.personIdOfUser(row.owner_id)),
  },
  {
    name: 'Created',
    valueType: valueTypes.date,
    cell: row => (row.created_at === null ? null : pacificMidnight(row.created_at)),
  },
];

/** The columns of persons. Several texts in one cell exist only as Affinity's own filterable text. */
export const personFields: readonly GlobalField<PersonRow>[] = [
  textField('Source ID', row => row.id),
  { name: 'Job Titles', valueType: valueTypes.filterableText, multiple: true, cell: row => row.titles },
  textField('LinkedIn URL', row => row.linkedin_url),
  textField('Twitter', row => row.twitter_url),
];
