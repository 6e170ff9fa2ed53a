import type { CrmErrorKind } from '../crmError.ts';
import { entryOf, textOf, type Vendor, type VendorFault } from '../vendor.ts';

/** Codes that mean more than their status does. */
const kinds: ReadonlyMap<string, CrmErrorKind> = new Map<string, CrmErrorKind>([
  ['uniqueness_conflict', 'conflict'],
  ['multiple_match_results', 'conflict'],
  // Refused for the moment, and nothing was stored.
  ['merge_in_progress', 'unavailable'],
  ['concurrent_write_conflict', 'unavailable'],
  // The workspace's plan, not the record, is in the way: no other record will fare better.
  ['quota_exceeded', 'unauthorized'],
  ['billing_error', 'unauthorized'],
]);

const kindOf = (status: number, code: string | undefined): CrmErrorKind => {
  const kind = kinds.get(code ?? '');
  if (kind !== undefined) return kind;
  if (status === 401 || status === 403) return 'unauthorized';
  return status === 404 ? 'not_found' : 'rejected';
};

const pathOf = (issue: unknown): readonly string[] => {
  const path = entryOf(issue, 'path');
  return Array.isArray(path) ? [path.join('.')] : [];
};

const readFault = (body: unknown): VendorFault => {
  const code = textOf(entryOf(body, 'code'));
  const message = textOf(entryOf(body, 'message'));
  const listed = entryOf(body, 'validation_errors');
  const issues: readonly unknown[] = Array.isArray(listed) ? listed : [];
  const details = issues.flatMap(issue => textOf(entryOf(issue, 'message')) ?? []);
  const messages = [...new Set([...(message === undefined ? [] : [message]), ...details])];
  return {
    ...(code === undefined ? {} : { code }),
    ...(messages.length === 0 ? {} : { message: messages.join(' ') }),
    ...(issues.length === 0 ? {} : { paths: issues.flatMap(pathOf) }),
  };
};

export const attio: Vendor = {
  name: 'Attio',
  headers: apiKey => ({ authorization: `Bearer ${apiKey}` }),
  readFault,
  kindOf,
  waitMs: () => null,
};
