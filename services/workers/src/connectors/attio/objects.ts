import type { ObjectName } from '@freight/contracts';

/** An attribute that Freight adds to a workspace. */
export interface OwnAttribute {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly type: 'text' | 'record-reference' | 'actor-reference';
  /** Slugs of the objects that a reference may lead to. */
  readonly allowedObjects?: readonly string[];
  /** No two records may share a value. */
  readonly isUnique?: boolean;
}

/** Where an object of ours lives in Attio. */
export interface AttioObject {
  readonly slug: 'companies' | 'people' | 'deals';
  /**
   * The attribute of which no two records may share a value, the property of a value that holds it, and the text attribute for keys that cannot
   * stand there; null where records have no keys but Freight's marker, which is then unique.
   */
  readonly keys: { readonly slug: string; readonly property: string; readonly others: string } | null;
  readonly own: readonly OwnAttribute[];
}

/** The source id that a record stands for. Text; Attio refuses unique attributes of one's own on companies and people. */
export const markerSlug = 'affinity_id';
/** The source ids that share the record with the one in the marker. */
export const mergedSlug = 'affinity_merged_ids';
export const formerNamesSlug = 'affinity_former_names';
export const otherCompaniesSlug = 'other_companies';
export const coOwnersSlug = 'co_owners';

const marker: OwnAttribute = {
  slug: markerSlug,
  title: 'Affinity ID',
  description: 'The record of Affinity that this one came from.',
  type: 'text',
};
const markers: readonly OwnAttribute[] = [
  marker,
  {
    slug: mergedSlug,
    title: 'Affinity merged IDs',
    description: 'Other records of Affinity that this one stands for, too.',
    type: 'text',
  },
];

export const attioObjects = {
  organizations: {
    slug: 'companies',
    keys: { slug: 'domains', property: 'domain', others: 'affinity_other_domains' },
    own: [
      ...markers,
      {
        slug: formerNamesSlug,
        title: 'Affinity former names',
        description: 'Names the company had before, and those of merged records.',
        type: 'text',
      },
      {
        slug: 'affinity_other_domains',
        title: 'Affinity other domains',
        description: 'Domains that another company holds here, or that are malformed.',
        type: 'text',
      },
    ],
  },
  persons: {
    slug: 'people',
    keys: { slug: 'email_addresses', property: 'email_address', others: 'affinity_other_emails' },
    own: [
      ...markers,
      {
        slug: 'affinity_other_emails',
        title: 'Affinity other e-mails',
        description: 'Addresses that another person holds here, or that are malformed.',
        type: 'text',
      },
      {
        slug: otherCompaniesSlug,
        title: 'Other companies',
        description: 'Companies of the person beside the main one.',
        type: 'record-reference',
        allowedObjects: ['companies'],
      },
    ],
  },
  opportunities: {
    slug: 'deals',
    keys: null,
    own: [
      // On deals Attio takes a unique attribute: a repeated create is refused, and none is ever made twice.
      { ...marker, isUnique: true },
      {
        slug: otherCompaniesSlug,
        title: 'Other companies',
        description: 'Companies of the deal beside the main one.',
        type: 'record-reference',
        allowedObjects: ['companies'],
      },
      {
        slug: coOwnersSlug,
        title: 'Co-owners',
        description: 'Owners of the deal beside the main one.',
        type: 'actor-reference',
      },
    ],
  },
} as const satisfies { readonly [O in ObjectName]: AttioObject };
