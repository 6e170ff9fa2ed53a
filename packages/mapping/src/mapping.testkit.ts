import type { SourceField, SourceSchema, TargetAttribute, TargetSchema } from '@freight/contracts';

/** A source field with what a test does not care about filled in. */
export const field = (over: Partial<SourceField> & Pick<SourceField, 'id' | 'name' | 'type'>): SourceField => ({
  isMultiple: false,
  isEnriched: false,
  ...over,
});

const attribute = (over: Partial<TargetAttribute> & Pick<TargetAttribute, 'slug' | 'type'>): TargetAttribute => ({
  title: over.slug,
  isMultiple: false,
  isUnique: false,
  isRequired: false,
  isWritable: true,
  isArchived: false,
  ...over,
});

/** A small firm's workspace at the source. */
export const source: SourceSchema = {
  system: 'affinity',
  objects: [
    {
      object: 'organizations',
      count: 2,
      fields: [
        field({ id: 'name', name: 'Name', type: 'text' }),
        field({ id: 'domains', name: 'Domains', type: 'domain', isMultiple: true }),
        field({ id: 'field-1', name: 'Industry', type: 'option', isMultiple: true, options: ['SaaS', ' Health '] }),
        field({ id: 'field-2', name: 'Employees', type: 'number', isMultiple: true }),
        field({ id: 'field-3', name: 'Description', type: 'text', isEnriched: true }),
        field({ id: 'field-4', name: 'Board', type: 'record', isMultiple: true, objects: ['persons'] }),
      ],
    },
    { object: 'persons', count: 3, fields: [field({ id: 'name', name: 'Name', type: 'personName' })] },
    { object: 'opportunities', count: 1, fields: [field({ id: 'name', name: 'Name', type: 'text' })] },
  ],
  lists: [
    {
      id: '26',
      name: 'Watch list',
      object: 'organizations',
      isPublic: false,
      ownerId: '90',
      size: 4,
      fields: [field({ id: 'field-5', name: 'Priority', type: 'status', options: ['High', 'Low'] })],
    },
    {
      id: '28',
      name: 'Pipeline',
      object: 'opportunities',
      isPublic: true,
      ownerId: null,
      size: 1,
      fields: [field({ id: 'field-6', name: 'Status', type: 'status', options: ['New', 'Won'] })],
    },
    {
      id: '29',
      name: 'Fund II',
      object: 'opportunities',
      isPublic: true,
      ownerId: null,
      size: 1,
      fields: [field({ id: 'field-7', name: 'Status', type: 'status', options: ['New', 'Lost'] })],
    },
  ],
  users: [
    { id: '90', name: 'Ines Holm', emails: ['ines@old.example', 'Ines@Birch.example'], isActive: true },
    { id: '91', name: 'Jo Left', emails: ['jo@birch.example'], isActive: false },
  ],
};

/** An empty workspace at the target. */
export const target: TargetSchema = {
  system: 'attio',
  objects: [
    {
      slug: 'companies',
      name: 'Companies',
      object: 'organizations',
      isEnabled: true,
      creatable: ['text', 'number', 'option', 'record', 'location'],
      attributes: [
        attribute({ slug: 'name', type: 'text', holds: 'name' }),
        attribute({ slug: 'domains', type: 'domain', isMultiple: true, isUnique: true, holds: 'domains' }),
        attribute({ slug: 'industry', type: 'number' }),
        attribute({ slug: 'employees', type: 'number', isWritable: false }),
      ],
    },
    {
      slug: 'people',
      name: 'People',
      object: 'persons',
      isEnabled: true,
      creatable: ['text'],
      attributes: [attribute({ slug: 'name', type: 'personName', holds: 'name' })],
    },
    {
      slug: 'deals',
      name: 'Deals',
      object: 'opportunities',
      isEnabled: true,
      creatable: ['text', 'status', 'option'],
      attributes: [
        attribute({ slug: 'name', type: 'text', holds: 'name', isRequired: true }),
        attribute({ slug: 'status', type: 'status', options: [{ title: 'New', isArchived: false }] }),
      ],
    },
  ],
  lists: [],
  members: [
    { id: 'm-2', name: 'Ines (left)', email: 'ines@birch.example', isActive: false },
    { id: 'm-1', name: 'Ines', email: 'INES@birch.example', isActive: true },
  ],
  creatableOnLists: ['text', 'status'],
  multiple: ['option', 'record', 'user', 'email', 'domain', 'phone'],
  reservedSlugs: ['created_at'],
};
