import type { EdgeCase } from './edgeCase.ts';
import { personFields as field, organizations, users } from './ground.ts';

export const personCases: readonly EdgeCase[] = [
  {
    name: 'person-without-email',
    says: 'A person without any address: nothing of them is unique.',
    about: [['persons', 210]],
    affinity: [
      { kind: 'person', id: 210, first_name: 'Ada', last_name: 'Nomail', organization_ids: [organizations.harbour] },
    ],
  },
  {
    name: 'person-with-six-emails',
    says: 'Six addresses: one in capitals, one of these twice, one that is none, the main one not the first.',
    about: [['persons', 211]],
    affinity: [
      {
        kind: 'person',
        id: 211,
        first_name: 'Bo',
        last_name: 'Many',
        primary_email: 'bo@harbour.example',
        emails: [
          'b.many@mail.example',
          'bo@harbour.example',
          'BO.MANY@HARBOUR.EXAMPLE',
          'bo.many@harbour.example',
          'bo(at)harbour.example',
          'bo+deals@quayside.example',
        ],
        organization_ids: [organizations.harbour],
      },
    ],
  },
  {
    name: 'person-with-four-companies',
    says: 'Four organizations, of which one is current and another has the domain of the address.',
    about: [['persons', 212]],
    affinity: [
      {
        kind: 'person',
        id: 212,
        first_name: 'Cleo',
        last_name: 'Board',
        emails: ['cleo@quayside.example'],
        organization_ids: [organizations.harbour, organizations.quay, organizations.pier, 110],
        current_organization_ids: [organizations.pier],
      },
    ],
  },
  {
    name: 'internal-person-among-people',
    says: 'A colleague stands among the people of an opportunity and of a note.',
    about: [
      ['users', users.ines],
      ['opportunities', 310],
      ['notes', 410],
    ],
    affinity: [
      {
        kind: 'opportunity',
        id: 310,
        name: 'Pier Nine – Series A',
        list_id: 2,
        organization_ids: [organizations.pier],
        person_ids: [users.ines, 200],
      },
      { kind: 'list_entry', id: 610, list_id: 2, entity_id: 310, values: { 3101: 'New', 3102: users.ines } },
      {
        kind: 'note',
        id: 410,
        content: 'Ines met Mira.',
        creator_id: users.ines,
        person_ids: [users.ines, 200],
        created_at: '2024-02-01T10:00:00Z',
      },
    ],
  },
  {
    name: 'calendar-group-person',
    says: 'A person who is none: the address of a group calendar, made by the calendar sync.',
    about: [['persons', 213]],
    affinity: [
      {
        kind: 'person',
        id: 213,
        first_name: 'Partner meeting',
        last_name: '',
        emails: ['c_4f1e2a9b@group.calendar.google.com'],
      },
    ],
  },
  {
    name: 'person-in-attio-under-second-email',
    says: 'The person is in Attio already, known there by their second address only.',
    about: [['persons', 214]],
    affinity: [
      {
        kind: 'person',
        id: 214,
        first_name: 'Dora',
        last_name: 'Twice',
        emails: ['dora@harbour.example', 'dora@second.example'],
      },
    ],
    attio: [
      {
        kind: 'person',
        values: { name: 'Twice, Dora', email_addresses: ['dora@second.example'], job_title: 'Advisor' },
      },
    ],
  },
  {
    name: 'person-matching-two-in-attio',
    says: 'Their two addresses belong to two different people who are in Attio already.',
    about: [['persons', 215]],
    affinity: [
      {
        kind: 'person',
        id: 215,
        first_name: 'Eli',
        last_name: 'Split',
        emails: ['eli@one.example', 'eli@two.example'],
      },
    ],
    attio: [
      { kind: 'person', values: { name: 'Split, Eli', email_addresses: ['eli@one.example'] } },
      { kind: 'person', values: { name: 'Split, E.', email_addresses: ['eli@two.example'] } },
    ],
  },
  {
    name: 'person-without-any-name',
    says: 'Neither first nor last name, only an address.',
    about: [['persons', 216]],
    affinity: [{ kind: 'person', id: 216, emails: ['info.desk@pier.example'], organization_ids: [organizations.pier] }],
  },
  {
    name: 'person-with-unreadable-phone',
    says: 'Two phone numbers in one text, one of them without its country.',
    about: [['persons', 217]],
    affinity: [
      {
        kind: 'person',
        id: 217,
        first_name: 'Fay',
        last_name: 'Ringer',
        emails: ['fay@pier.example'],
        values: { [field.phone]: '+44 20 7946 0000, ext. 12 or 030 1234' },
      },
    ],
  },
  {
    name: 'person-with-several-titles',
    says: 'Three job titles; Attio holds one text.',
    about: [['persons', 218]],
    affinity: [
      {
        kind: 'person',
        id: 218,
        first_name: 'Gil',
        last_name: 'Hats',
        emails: ['gil@pier.example'],
        values: { [field.titles]: ['Founder', 'CEO', 'Board member'] },
      },
    ],
  },
  {
    name: 'collaborator',
    says: 'Somebody of another company who works in the account: references call them a collaborator, the directory does not.',
    about: [['persons', 219]],
    affinity: [{ kind: 'person', id: 219, first_name: 'Hal', emails: ['hal@outside.example'], is_collaborator: true }],
  },
  {
    name: 'user-who-has-left',
    says: 'A deactivated user whose account at the target is suspended.',
    about: [['users', users.per]],
  },
  {
    name: 'user-without-member',
    says: 'An active user who has no account at the target.',
    about: [['users', users.lena]],
  },
];
