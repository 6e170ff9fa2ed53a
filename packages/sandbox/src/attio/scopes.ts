import { AttioError } from './errors.ts';

const ALL_SCOPES = [
  'record_permission',
  'object_configuration',
  'list_entry',
  'list_configuration',
  'note',
  'task',
  'user_management',
  'webhook',
  'comment',
  'meeting',
  'call_recording',
  'file',
].map(scope => `${scope}:read-write`);

/** A token without a list of its own may do everything. */
export const grantedScopes = (scopes: readonly string[] | undefined): readonly string[] => scopes ?? ALL_SCOPES;

/** @throws AttioError 403 that names what is missing. */
export function requireScopes(granted: readonly string[] | undefined, needed: readonly string[]): void {
  if (granted === undefined) return;
  const missing = needed.filter(scope => !granted.includes(scope) && !granted.includes(`${scope}-write`));
  if (missing.length === 0) return;
  throw new AttioError(
    403,
    'unauthorized',
    `The token does not have the required scopes. Needed: ${needed.join(', ')}. Missing: ${missing.join(', ')}.`,
  );
}
