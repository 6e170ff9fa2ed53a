import type { AttioState } from '../model/state.ts';
import { commit, insert, newRecord } from '../model/table.ts';
import { type Email, type Rec, SYSTEM, type Table } from '../model/types.ts';
import { addressOf, hostOf } from '../values/contact.ts';
import { FREE_MAIL, rootDomain } from '../values/hosts.ts';
import { applyUpdate } from './apply.ts';
import { enrichLater } from './enrich.ts';

/**
 * Links a new person to the company of its first business address: the one with that very domain, else the one with its
 * root domain, else a new company with the root domain. Which of these Attio does, and when, is not documented; here it
 * happens within the same request.
 */
export function linkCompanyByEmail(state: AttioState, person: Rec, nowMs: number): void {
  if (!state.options.autoCreateCompanies) return;
  const emails = person.table.bySlug.get('email_addresses');
  const company = person.table.bySlug.get('company');
  const companies = state.objects.get('companies')?.table;
  if (emails === undefined || company === undefined || companies === undefined) return;

  const addresses = (person.cells[emails.slot] ?? []) as readonly Email[];
  const host = addresses.map(email => hostOf(addressOf(email))).find(name => !isFreeMail(state, name));
  if (host === undefined) return;
  const holders = companies.bySlug.get('domains')?.uniqueKeys;
  const found = holders?.get(host) ?? holders?.get(rootDomain(host));
  // Attio's own doing, and shown as such.
  const target = found ?? makeCompany(state, companies, rootDomain(host), nowMs);
  applyUpdate(person, company, [target], { fromMs: nowMs, actor: SYSTEM });
}

function makeCompany(state: AttioState, companies: Table, domain: string, nowMs: number): Rec {
  const rec = newRecord(companies, nowMs, { madeBy: SYSTEM, isAutoCreated: true });
  insert(rec);
  enrichLater(state, rec, nowMs);
  const domains = companies.bySlug.get('domains');
  const name = companies.bySlug.get('name');
  if (domains !== undefined) commit(rec, domains, [domain]);
  if (name !== undefined) commit(rec, name, [nameFrom(domain)]);
  return rec;
}

const isFreeMail = (state: AttioState, host: string): boolean =>
  FREE_MAIL.has(host) || state.options.freeMailDomains.includes(host);

const nameFrom = (domain: string): string => {
  const label = domain.split('.')[0] ?? domain;
  return label.charAt(0).toUpperCase() + label.slice(1);
};
