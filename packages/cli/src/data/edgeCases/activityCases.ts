import type { AffinityRow } from '@freight/sandbox';
import type { EdgeCase } from './edgeCase.ts';
import { opportunities, organizations, persons, users } from './ground.ts';

type NoteRow = Extract<AffinityRow, { kind: 'note' }>;

/** A note of Ines about Harbour Works, unless changed. */
const note = (id: number, changes: Partial<NoteRow>): NoteRow => ({
  kind: 'note',
  id,
  creator_id: users.ines,
  organization_ids: [organizations.harbour],
  created_at: '2024-05-02T09:30:00Z',
  ...changes,
});

const about = (id: number): EdgeCase['about'] => [['notes', id]];

const longLine = 'All work and no play makes a long note. ';

export const activityCases: readonly EdgeCase[] = [
  {
    name: 'note-with-rich-html',
    says: 'HTML with a heading, a table, an image, a link, a mention, a quote and entities.',
    about: about(420),
    affinity: [
      note(420, {
        html: [
          '<h4>Site visit</h4><p>Met <strong>Mira</strong> &amp; <em>team</em>,',
          ' see <a href="https://harbour.example/deck">the deck</a>.</p>',
          '<table><tr><th>Year</th><th>Revenue</th></tr><tr><td>2023</td><td>€1&nbsp;M</td></tr></table>',
          '<blockquote>We are early.</blockquote><img src="https://harbour.example/plan.png" alt="Plan">',
          `<ul><li>Ask <span data-mention="${users.noor}">@Noor Amari</span></li><li>Ring back</li></ul>`,
        ].join(''),
        mentioned_person_ids: [users.noor],
      }),
    ],
  },
  {
    name: 'note-with-three-associations',
    says: 'About an opportunity, an organization and a person at once, while a note of the target has one parent.',
    about: about(421),
    affinity: [
      note(421, {
        content: 'About all three',
        person_ids: [persons.mira],
        opportunity_ids: [opportunities.harbourSeed],
      }),
    ],
  },
  {
    name: 'note-with-only-the-own-firm',
    says: 'Attached to nothing but the customer’s own company.',
    about: about(422),
    affinity: [note(422, { content: 'Partner meeting', organization_ids: [organizations.ownFirm] })],
  },
  {
    name: 'orphan-note',
    says: 'Attached to nothing at all.',
    about: about(423),
    affinity: [note(423, { content: 'To whom it may concern', organization_ids: [] })],
  },
  {
    name: 'reply-note',
    says: 'Two replies to a note, by two authors; they have no associations of their own.',
    about: [
      ['notes', 424],
      ['notes', 425],
      ['notes', 426],
    ],
    affinity: [
      note(424, { content: 'What do you think?' }),
      note(425, {
        content: 'Promising',
        parent_id: 424,
        organization_ids: [],
        creator_id: users.noor,
        created_at: '2024-05-02T10:00:00Z',
      }),
      note(426, {
        content: 'Too early',
        parent_id: 424,
        organization_ids: [],
        creator_id: users.per,
        created_at: '2024-05-03T10:00:00Z',
      }),
    ],
  },
  {
    name: 'private-note',
    says: 'Only its author may read it; the key is the author’s, so it is listed.',
    about: about(427),
    affinity: [note(427, { content: 'Between us', sharing: 'private' })],
  },
  {
    name: 'note-shared-with-some',
    says: 'Shared with two people, of whom the key’s user is one.',
    about: about(428),
    affinity: [
      note(428, {
        content: 'For two',
        creator_id: users.noor,
        sharing: 'custom',
        shared_with: [users.ines, users.per],
      }),
    ],
  },
  {
    name: 'note-dated-in-the-future',
    says: 'A date that lies ahead, which the target refuses.',
    about: about(429),
    affinity: [note(429, { content: 'From tomorrow', created_at: '2199-01-01T00:00:00Z' })],
  },
  {
    name: 'note-from-before-1970',
    says: 'A date before 1970, which the target refuses.',
    about: about(430),
    affinity: [note(430, { content: 'The moon', created_at: '1969-07-20T20:17:40Z' })],
  },
  {
    name: 'note-of-100000-characters',
    says: 'More text than this target takes in one note (64 KiB).',
    about: about(431),
    affinity: [note(431, { type: 0, content: longLine.repeat(2_500) })],
  },
  {
    name: 'notes-equal-to-the-letter',
    says: 'Two notes with the same text, date, author and organization.',
    about: [
      ['notes', 432],
      ['notes', 433],
    ],
    affinity: [note(432, { content: 'Left a voicemail.' }), note(433, { content: 'Left a voicemail.' })],
  },
  {
    name: 'empty-note',
    says: 'A note without any text, and without HTML.',
    about: about(434),
    affinity: [note(434, { content: '', html: null })],
  },
  {
    name: 'note-of-a-meeting',
    says: 'Belongs to a meeting; its people were met, not attached.',
    about: about(435),
    affinity: [
      {
        kind: 'interaction',
        id: 1,
        type: 0,
        date: '2024-05-02T09:00:00Z',
        subject: 'Site visit',
        person_ids: [persons.mira],
      },
      note(435, { content: 'Minutes', interaction: { id: 1, type: 0 }, interaction_person_ids: [persons.mira] }),
    ],
  },
  {
    name: 'recurring-reminder',
    says: 'Comes again every 30 days after the last meeting; tasks of the target do not.',
    about: [['reminders', 500]],
    affinity: [
      {
        kind: 'reminder',
        id: 500,
        type: 1,
        content: 'Keep in touch',
        due_date: '2026-03-01T09:00:00-08:00',
        reset_type: 2,
        reminder_days: 30,
        creator_id: users.ines,
        owner_id: users.ines,
        person_id: persons.mira,
      },
    ],
  },
  {
    name: 'reminder-of-user-who-has-left',
    says: 'Overdue, and its owner has left the company.',
    about: [['reminders', 501]],
    affinity: [
      {
        kind: 'reminder',
        id: 501,
        content: 'Send the deck',
        due_date: '2023-01-10T17:00:00Z',
        status: 2,
        owner_id: users.per,
        organization_id: organizations.quay,
      },
    ],
  },
  {
    name: 'reminder-on-opportunity',
    says: 'Hangs on an opportunity, while tasks of the target link to people and companies.',
    about: [['reminders', 502]],
    affinity: [
      {
        kind: 'reminder',
        id: 502,
        content: 'Sign',
        due_date: '2026-06-01T17:00:00Z',
        status: 0,
        owner_id: users.noor,
        completer_id: users.ines,
        completed_at: '2025-06-01T17:00:00Z',
        opportunity_id: opportunities.harbourSeed,
      },
    ],
  },
  {
    name: 'reminder-of-3000-characters',
    says: 'More text than a task of the target takes (2,000 characters).',
    about: [['reminders', 503]],
    affinity: [
      {
        kind: 'reminder',
        id: 503,
        content: longLine.repeat(75),
        due_date: '2026-06-01T17:00:00Z',
        owner_id: users.ines,
        organization_id: organizations.pier,
      },
    ],
  },
  {
    name: 'file-of-60-mb',
    says: 'Larger than the 50 MB that the target takes.',
    about: [['files', 550]],
    affinity: [
      {
        kind: 'file',
        id: 550,
        name: 'data room.zip',
        size: 62_914_560,
        organization_id: organizations.harbour,
        uploader_id: users.ines,
      },
    ],
  },
];

/** What goes wrong on the way, not in the data. */
export const faultCases: readonly EdgeCase[] = [
  {
    name: 'person-deleted-between-pages',
    says: 'Listed on the first page of persons, deleted before the second is asked for.',
    about: [['persons', 230]],
    affinity: [{ kind: 'person', id: 230, first_name: 'Ivo', last_name: 'Gone', emails: ['ivo@pier.example'] }],
    faults: [
      {
        at: 'affinity',
        fault: { kind: 'vanish', ids: { persons: [230] }, match: { path: '^/v2/persons$', query: 'cursor=' } },
      },
    ],
  },
  {
    name: 'empty-page-with-a-next-token',
    says: 'A page of persons is empty and names a next one all the same.',
    about: [],
    faults: [
      {
        at: 'affinity',
        fault: { kind: 'empty_page', match: { path: '^/v2/persons$', query: 'cursor=', afterRequests: 1 } },
      },
    ],
  },
  {
    name: 'rate-limit-in-the-middle',
    says: 'Attio refuses three writes in a row in the middle of the load, for a second each.',
    about: [],
    faults: [
      {
        at: 'attio',
        fault: {
          kind: '429',
          times: 3,
          retryAfterSeconds: 1,
          match: { path: 'objects/people/records$', afterRequests: 50 },
        },
      },
    ],
  },
  {
    name: 'time-out-after-the-write',
    says: 'Attio stores a company, and its answer comes only after the caller has given up.',
    about: [],
    faults: [
      {
        at: 'attio',
        fault: { kind: 'slow_after', delayMs: 20_000, match: { path: 'objects/companies/records$', afterRequests: 5 } },
      },
    ],
  },
  {
    name: 'answer-lost-after-a-note',
    says: 'Attio stores a note, and the connection breaks before the answer: nothing unique tells whether it is there.',
    about: [],
    faults: [
      { at: 'attio', fault: { kind: 'reset_after', match: { method: 'POST', path: '/v2/notes', afterRequests: 3 } } },
    ],
  },
];
