import type { CrmErrorKind } from '../crmError.ts';
import { entryOf, textOf, type Vendor, type VendorFault } from '../vendor.ts';

/** The first version that tells a restricted opportunity from one without values; an explicit one keeps a key's own default from changing what we get. */
const apiVersion = '2026-07-15';

const kindOf = (status: number): CrmErrorKind => {
  if (status === 401 || status === 403) return 'unauthorized';
  if (status === 404) return 'not_found';
  return status === 409 ? 'conflict' : 'rejected';
};

/** v2 says `{errors:[{code,message,param?}]}`; v1's body is documented nowhere, so its text is not looked for. */
const readFault = (body: unknown): VendorFault => {
  const errors = entryOf(body, 'errors');
  const first: unknown = Array.isArray(errors) ? errors[0] : undefined;
  const code = textOf(entryOf(first, 'code'));
  const message = textOf(entryOf(first, 'message'));
  const param = textOf(entryOf(first, 'param'));
  return {
    ...(code === undefined ? {} : { code }),
    ...(message === undefined ? {} : { message }),
    ...(param === undefined ? {} : { paths: [param] }),
  };
};

/** Seconds until a bucket that is used up fills again; null while it is not, since then the unpublished limit on concurrent calls spoke. */
const resetMs = (headers: Headers, bucket: 'user' | 'org'): number | null => {
  if (headers.get(`x-ratelimit-limit-${bucket}-remaining`)?.trim() !== '0') return null;
  const seconds = Number(headers.get(`x-ratelimit-limit-${bucket}-reset`) ?? Number.NaN);
  return Number.isFinite(seconds) ? seconds * 1000 : null;
};

export const affinity: Vendor = {
  name: 'Affinity',
  // v1 takes the bearer form as well since November 2025.
  headers: apiKey => ({ authorization: `Bearer ${apiKey}`, 'x-affinity-api-version': apiVersion }),
  readFault,
  kindOf,
  waitMs: headers => resetMs(headers, 'org') ?? resetMs(headers, 'user'),
};
