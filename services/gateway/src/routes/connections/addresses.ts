import type { SystemName } from '@freight/contracts';
import { err, isLoopback, ok, type Result } from '@freight/kernel';
import { type Answer, refuse } from '../../http/answer.ts';

/** Where each system lives unless a connection says otherwise. */
export const vendorAddresses: Readonly<Record<SystemName, string>> = {
  affinity: 'https://api.affinity.co',
  attio: 'https://api.attio.com',
};

const invalid = (detail: string): Result<never, Answer> =>
  err(refuse('invalid_request', undefined, { errors: [{ pointer: '/baseUrl', detail }] }));

/**
 * Judges where a connection wants to lead: only to a host that the operator allows, since Freight calls it from inside the network.
 * @returns the address without a closing slash; `invalid_request` | `host_not_allowed`.
 */
export const judgeAddress = (baseUrl: string, allowedHosts: readonly string[]): Result<string, Answer> => {
  const url = new URL(baseUrl);
  if (url.username || url.password) return invalid('must not hold a user or password');
  if (url.search || url.hash) return invalid('must not hold a query or fragment');
  if (!allowedHosts.some(allowed => allowed.toLowerCase() === url.host)) {
    return err(refuse('host_not_allowed', 'Ask the operator of this deployment to allow the host.'));
  }
  if (url.protocol === 'http:' && !isLoopback(url.hostname)) return invalid('must start with https://');
  return ok(`${url.origin}${url.pathname}`.replace(/\/+$/, ''));
};
