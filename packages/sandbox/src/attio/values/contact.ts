import { invalid } from '../errors.ts';
import type { Email } from '../model/types.ts';
import { isHost, rootDomain } from './hosts.ts';
import { DOMAIN_OPERATORS, TEXT_OPERATORS, unwrap, type ValueType } from './valueType.ts';

const LOCAL_PART = /^[a-z0-9!#$%&'*+/=?^_`{|}~-]+(?:\.[a-z0-9!#$%&'*+/=?^_`{|}~-]+)*$/;
const lowerOperand = (raw: unknown) => (typeof raw === 'string' ? raw.trim().toLowerCase() : undefined);

export const addressOf = (email: Email): string => (typeof email === 'string' ? email : email.address);
export const hostOf = (address: string): string => address.slice(address.lastIndexOf('@') + 1);
const localOf = (address: string): string => address.slice(0, address.lastIndexOf('@'));

/** Addresses are compared and shown in lower case; only the original keeps its capitals. */
export const emailAddress: ValueType<Email> = {
  type: 'email-address',
  mayBeMulti: true,
  parse(raw, attribute) {
    const given = unwrap(unwrap(raw, 'original_email_address'), 'email_address');
    const original = typeof given === 'string' ? given.trim() : '';
    const address = original.toLowerCase();
    const at = address.lastIndexOf('@');
    if (at < 1 || at > 64 || !LOCAL_PART.test(address.slice(0, at)) || !isHost(address.slice(at + 1))) {
      throw invalid(`${JSON.stringify(given)} is not a valid email address.`, ['data', 'values', attribute.slug]);
    }
    return original === address ? address : { original, address };
  },
  render(email) {
    const address = addressOf(email);
    const host = hostOf(address);
    return {
      original_email_address: typeof email === 'string' ? email : email.original,
      email_address: address,
      email_domain: host,
      email_root_domain: rootDomain(host),
      email_local_specifier: localOf(address),
    };
  },
  key: addressOf,
  fields: {
    email_address: { operators: TEXT_OPERATORS, read: addressOf, operand: lowerOperand },
    original_email_address: {
      operators: TEXT_OPERATORS,
      read: email => (typeof email === 'string' ? email : email.original),
    },
    email_domain: { operators: TEXT_OPERATORS, read: email => hostOf(addressOf(email)), operand: lowerOperand },
    email_root_domain: {
      operators: TEXT_OPERATORS,
      read: email => rootDomain(hostOf(addressOf(email))),
      operand: lowerOperand,
    },
    email_local_specifier: {
      operators: TEXT_OPERATORS,
      read: email => localOf(addressOf(email)),
      operand: lowerOperand,
    },
  },
  defaultField: 'email_address',
};

/** Scheme, path, query and port are trimmed away; what is left must be the name of a host. */
function toHost(raw: string): string | undefined {
  const host = raw
    .trim()
    .toLowerCase()
    .replace(/^[a-z][a-z0-9+.-]*:\/\//, '')
    .replace(/[/?#].*$/s, '')
    .replace(/:\d+$/, '')
    .replace(/\.$/, '');
  return isHost(host) ? host : undefined;
}

export const domain: ValueType<string> = {
  type: 'domain',
  mayBeMulti: true,
  parse(raw, attribute) {
    const given = unwrap(raw, 'domain');
    const host = typeof given === 'string' ? toHost(given) : undefined;
    if (host === undefined) {
      throw invalid(`${JSON.stringify(given)} is not a valid domain.`, ['data', 'values', attribute.slug]);
    }
    return host;
  },
  render: host => ({ domain: host, root_domain: rootDomain(host) }),
  key: host => host,
  fields: {
    domain: { operators: DOMAIN_OPERATORS, read: host => host, operand: lowerOperand },
    root_domain: { operators: DOMAIN_OPERATORS, read: rootDomain, operand: lowerOperand },
  },
  defaultField: 'domain',
};
