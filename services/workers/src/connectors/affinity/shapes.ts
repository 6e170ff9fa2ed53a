import { z } from 'zod';

/**
 * What Affinity's v2 answers hold, as far as we read it. Tolerant on purpose: an odd value in one record must not cost a page, so that only
 * ids are insisted on, and everything else that is not as documented counts as absent.
 */
const id = z.union([z.number().int(), z.string().min(1)]).transform(String);
const text = z.string().nullish().catch(null);
const texts = z
  .array(z.unknown())
  .catch([])
  .transform(list => list.filter(item => typeof item === 'string'));

const field = z.object({
  id: z.string(),
  name: z.string().catch(''),
  value: z
    .object({ type: z.string().catch(''), data: z.unknown() })
    .nullish()
    .catch(null),
});
export type Field = z.infer<typeof field>;
const fields = z
  .array(z.unknown())
  .catch([])
  .transform(list => list.flatMap(item => field.safeParse(item).data ?? []));

export const company = z.object({ id, name: text, domain: text, domains: texts, fields });
export type Company = z.infer<typeof company>;

export const person = z.object({
  id,
  firstName: text,
  lastName: text,
  primaryEmailAddress: text,
  emailAddresses: texts,
  type: text,
  fields,
});
export type Person = z.infer<typeof person>;

/** An opportunity as an entry of its list shows it. The two flags came with version 2026-07-15. */
const opportunity = z.object({
  id,
  name: text,
  isRestricted: z.boolean().catch(false),
  isRedacted: z.boolean().catch(false),
  fields,
});
export type Opportunity = z.infer<typeof opportunity>;
export const opportunityEntry = z.object({ entity: opportunity });

/** A company where a field names one. */
export const companyReference = z.object({ id, domain: text });
export type CompanyReference = z.infer<typeof companyReference>;

export const fieldMetadata = z.object({
  id: z.string(),
  name: z.string(),
  type: z.string(),
  valueType: z.string().catch(''),
});
export type FieldMetadata = z.infer<typeof fieldMetadata>;

/** The envelope of every v2 listing. */
export const page = z.object({
  data: z.array(z.unknown()),
  pagination: z.object({ nextUrl: z.string().nullish() }),
});

export const whoami = z.object({ tenant: z.object({ name: z.string() }) });

/** v1's person, read for the one list that v2 cuts short. */
export const personV1 = z.object({ organization_ids: z.array(id) });

export const rateLimit = z.object({
  rate: z.object({ org_monthly: z.object({ remaining: z.union([z.number(), z.string()]) }).nullish() }),
});
