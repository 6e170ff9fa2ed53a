import type { EdgeCase } from './edgeCase.ts';
import { organizationFields as field, organizations, users } from './ground.ts';

export const organizationCases: readonly EdgeCase[] = [
  {
    name: 'company-without-domain',
    says: 'An organization without any domain: nothing of it is unique.',
    about: [['organizations', 110]],
    affinity: [{ kind: 'organization', id: 110, name: 'No Website Yet' }],
  },
  {
    name: 'companies-sharing-a-domain',
    says: 'Two organizations with the same domain and different names.',
    about: [
      ['organizations', 111],
      ['organizations', 112],
    ],
    affinity: [
      { kind: 'organization', id: 111, name: 'Tideline', domain: 'tideline.example' },
      { kind: 'organization', id: 112, name: 'Tideline Labs', domain: 'tideline.example' },
    ],
  },
  {
    name: 'company-with-three-domains',
    says: 'An organization with three domains, the main one not the first of the list.',
    about: [['organizations', 113]],
    affinity: [
      {
        kind: 'organization',
        id: 113,
        name: 'Many Names',
        domain: 'many.example',
        domains: ['get-many.example', 'many.example', 'many.test'],
      },
    ],
  },
  {
    name: 'company-with-invalid-domain',
    says: 'A domain that is written with scheme, capitals and path, and one that is none at all.',
    about: [['organizations', 114]],
    affinity: [
      { kind: 'organization', id: 114, name: 'Odd Web', domains: ['HTTPS://WWW.Odd-Web.example/home', 'not a domain'] },
    ],
  },
  {
    name: 'global-company',
    says: 'A record of Affinity’s shared directory: it cannot be edited, and most of these belong to nobody.',
    about: [['organizations', 115]],
    affinity: [{ kind: 'organization', id: 115, name: 'Known Everywhere', domain: 'everywhere.example', global: true }],
  },
  {
    name: 'company-name-with-emoji-and-quotes',
    says: 'A name with an emoji, quotation marks, an apostrophe and a line separator.',
    about: [['organizations', 116]],
    affinity: [{ kind: 'organization', id: 116, name: 'Rocket🚀 "Works" & Søn’s\u2028Ltd', domain: 'rocket.example' }],
  },
  {
    name: 'company-matching-two-in-attio',
    says: 'Its two domains belong to two different companies that are in Attio already.',
    about: [['organizations', 117]],
    affinity: [{ kind: 'organization', id: 117, name: 'Left and Right', domains: ['left.example', 'right.example'] }],
    attio: [
      { kind: 'company', values: { name: 'Left', domains: ['left.example'] } },
      { kind: 'company', values: { name: 'Right', domains: ['right.example'] } },
    ],
  },
  {
    name: 'company-in-attio-already',
    says: 'A company with its domain is in Attio already, with a name and a description of its own.',
    about: [['organizations', 118]],
    affinity: [{ kind: 'organization', id: 118, name: 'Known Here', domain: 'known.example' }],
    attio: [{ kind: 'company', values: { name: 'Known Here Inc.', domains: ['known.example'], description: 'Ours.' } }],
  },
  {
    name: 'merged-company',
    says: 'An organization that was merged into another: reading it is 422, and an opportunity still names it.',
    about: [['organizations', 119]],
    affinity: [
      { kind: 'organization', id: 119, name: 'Merged Away', domain: 'merged.example' },
      { kind: 'organization', id: 120, name: 'Merged Into', domain: 'into.example' },
      { kind: 'merge', entity: 'organization', loser: 119, winner: 120 },
    ],
  },
  {
    name: 'date-at-pacific-midnight-in-summer',
    says: 'A date stored at midnight on the Pacific coast in summer: 07:00 UTC of the same day.',
    about: [['organizations', 121]],
    affinity: [
      {
        kind: 'organization',
        id: 121,
        name: 'Summer',
        domain: 'summer.example',
        values: { [field.foundedOn]: '2024-07-01T07:00:00Z' },
      },
    ],
  },
  {
    name: 'date-at-pacific-midnight-in-winter',
    says: 'A date stored at midnight on the Pacific coast in winter: 08:00 UTC of the same day.',
    about: [['organizations', 122]],
    affinity: [
      {
        kind: 'organization',
        id: 122,
        name: 'Winter',
        domain: 'winter.example',
        values: { [field.foundedOn]: '2024-01-15T08:00:00Z' },
      },
    ],
  },
  {
    name: 'date-at-utc-midnight',
    says: 'An older date, stored at midnight UTC: on the Pacific coast it is still the day before.',
    about: [['organizations', 123]],
    affinity: [
      {
        kind: 'organization',
        id: 123,
        name: 'Utc',
        domain: 'utc.example',
        values: { [field.foundedOn]: '2019-03-01T00:00:00Z' },
      },
    ],
  },
  {
    name: 'location-with-only-a-country',
    says: 'A location of which only the country is known, by its English name.',
    about: [['organizations', 124]],
    affinity: [
      {
        kind: 'organization',
        id: 124,
        name: 'Somewhere',
        domain: 'somewhere.example',
        values: { [field.headquarters]: { country: 'Norway' } },
      },
    ],
  },
  {
    name: 'location-with-unknown-country',
    says: 'A country that no list of countries has.',
    about: [['organizations', 125]],
    affinity: [
      {
        kind: 'organization',
        id: 125,
        name: 'Nowhere',
        domain: 'nowhere.example',
        values: { [field.headquarters]: { city: 'Port Sand', country: 'Atlantis' } },
      },
    ],
  },
  {
    name: 'multi-number-field',
    says: 'Three numbers in one cell: Attio has no attribute that holds several.',
    about: [['organizations', 126]],
    affinity: [
      {
        kind: 'organization',
        id: 126,
        name: 'Three Rounds',
        domain: 'rounds.example',
        values: { [field.rounds]: [1.5, 20, 300] },
      },
    ],
  },
  {
    name: 'person-field-mixing-internal-and-external',
    says: 'A field of persons that names a colleague and somebody from outside.',
    about: [['organizations', 127]],
    affinity: [
      {
        kind: 'organization',
        id: 127,
        name: 'Mixed Team',
        domain: 'mixed.example',
        values: { [field.dealTeam]: [users.ines, 200] },
      },
    ],
  },
  {
    name: 'reference-to-out-of-scope-company',
    says: 'A field that names an organization which no list, note, opportunity or person makes a part of the move.',
    about: [
      ['organizations', 128],
      ['organizations', 129],
    ],
    affinity: [
      { kind: 'organization', id: 129, name: 'Far Away Holding', domain: 'far.example', global: true },
      { kind: 'organization', id: 128, name: 'Daughter', domain: 'daughter.example', values: { [field.parent]: 129 } },
    ],
  },
  {
    name: 'formula-field',
    says: 'A value that Affinity computes: only the result can be read, and only through v2.',
    about: [['fields', field.runway]],
    affinity: [
      {
        kind: 'organization',
        id: 130,
        name: 'Computed',
        domain: 'computed.example',
        values: { [field.runway]: { calculatedValue: 7.25 } },
      },
    ],
  },
  {
    name: 'attribute-archived-in-attio',
    says: 'An archived attribute of the target keeps the slug that the field Industry would get.',
    about: [['fields', field.industry]],
    affinity: [
      {
        kind: 'organization',
        id: 131,
        name: 'Sorted',
        domain: 'sorted.example',
        values: { [field.industry]: ['Robotics', 'Shipping'] },
      },
    ],
    attio: [
      {
        kind: 'attribute',
        object: 'companies',
        attribute: {
          title: 'Industry',
          description: null,
          api_slug: 'industry',
          type: 'text',
          is_required: false,
          is_unique: false,
          is_multiselect: false,
          config: {},
        },
      },
    ],
    edits: [{ kind: 'archive_attribute', target: 'companies', attribute: 'industry' }],
  },
  {
    name: 'own-firm',
    says: 'The customer’s own company, an organization like any other: nearly everything is attached to it.',
    about: [['organizations', organizations.ownFirm]],
  },
];
