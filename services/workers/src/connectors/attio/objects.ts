import type { ObjectName } from '@freight/contracts';

/** An attribute that Freight adds to a workspace. */
export interface OwnAttribute {
  readonly slug: string;
  readonly title: string;
  readonly description: string;
  readonly type: 'text' | 'record-reference';
  /** Slugs of the objects that a reference may lead to. */
  readonly allowedObjects?: readonly string[];
}

/** Where an object of ours lives in Attio. */
export interface AttioObject {
  readonly slug: 'companies' | 'people';
  /** The attribute of which no two records may share a value, and the property of a value that holds it. */
  readonly keys: { readonly slug: string; readonly property: string };
  /** The text attribute for keys that cannot stand in the attribute above. */
  readonly otherKeys: string;
  readonly own: readonly OwnAttribute[];
}

/** The source id that a record stands for. Text, and not unique: Attio refuses unique attributes of one's own on companies and people. */
export const markerSlug = 'affinity_id';
/** The source ids that share the record with the one in the marker. */
export const mergedSlug = 'affinity_merged_ids';
export const formerNamesSlug = 'affinity_former_names';
export const otherCompaniesSlug = 'other_companies';

const markers: readonly OwnAttribute[] = [
  {
    slug: markerSlug,
    title: 'Affinity ID',
    description: 'The record of Affinity that this one came from.',
    type: 'text',
  },
  {
    slug: mergedSlug,
    title: 'Affinity merged IDs',
    description: 'Other records of Affinity that this one stands for, too.',
    type: 'text',
  },
];

export const attioObjects: { readonly [O in ObjectName]: AttioObject } = {
  organizations: {
    slug: 'companies',
    keys: { slug: 'domains', property: 'domain' },
    otherKeys: 'affinity_other_domains',
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
    keys: { slug: 'email_addresses', property: 'email_address' },
    otherKeys: 'affinity_other_emails',
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
};
