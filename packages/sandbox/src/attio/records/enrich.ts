import { newOption } from '../model/attribute.ts';
import type { AttioState } from '../model/state.ts';
import { valuesOf } from '../model/table.ts';
import type { Actor, Attribute, Email, Rec, Value } from '../model/types.ts';
import { addressOf } from '../values/contact.ts';
import { applyUpdate } from './apply.ts';

/** Looks like any other doing of the system; told apart by being this very object. */
const ENRICHMENT: Actor = { type: 'system', id: null };

/**
 * What Attio adds to a record by itself, some time after the record was made: only to attributes that are empty then, and only where
 * a domain or an address says whom it is about. What it says follows from that alone, so it is the same in every run.
 */
export function enrichLater(state: AttioState, rec: Rec, nowMs: number): void {
  const { enrichment } = state.options;
  if (enrichment !== undefined) state.toEnrich.push({ rec, dueMs: nowMs + enrichment.afterMs });
}

/** Called before every request, so that time alone makes it happen. */
export function enrichDue(state: AttioState, nowMs: number): void {
  const { toEnrich } = state;
  const due = toEnrich.findIndex(({ dueMs }) => dueMs > nowMs);
  for (const { rec } of toEnrich.splice(0, due < 0 ? toEnrich.length : due)) if (!rec.isDeleted) enrich(rec, nowMs);
}

/** Whether the attribute holds what Attio put there itself: that, a caller cannot override. */
export const isEnriched = (rec: Rec, attribute: Attribute): boolean =>
  rec.origins?.get(attribute.slot)?.some(origin => origin.actor === ENRICHMENT) === true;

function enrich(rec: Rec, nowMs: number): void {
  const facts =
    rec.table.slug === 'companies' ? companyFacts(rec) : rec.table.slug === 'people' ? personFacts(rec) : {};
  for (const [slug, fact] of Object.entries(facts)) {
    const attribute = rec.table.bySlug.get(slug);
    if (attribute === undefined || attribute.isArchived || valuesOf(rec, attribute).length > 0) continue;
    const value = attribute.type === 'select' ? optionOf(attribute, fact) : fact;
    applyUpdate(rec, attribute, [value], { fromMs: nowMs, actor: ENRICHMENT });
  }
}

function companyFacts(rec: Rec): Record<string, string> {
  const domain = first(rec, 'domains');
  if (typeof domain !== 'string') return {};
  const label = domain.split('.')[0] ?? domain;
  return {
    description: `${label} is known to Attio.`,
    categories: ['Software', 'Finance', 'Health'][digit(domain) % 3] ?? 'Software',
    linkedin: `https://www.linkedin.com/company/${label}`,
    logo_url: `https://logo.attio.example/${domain}`,
    employee_range: ['1-10', '11-50', '51-250', '251-1K'][digit(domain) % 4] ?? '1-10',
    foundation_date: `${2000 + (digit(domain) % 20)}-01-01`,
  };
}

function personFacts(rec: Rec): Record<string, string> {
  const email = first(rec, 'email_addresses');
  if (email === undefined) return {};
  const address = addressOf(email as Email);
  return {
    job_title: ['Founder', 'Partner', 'Engineer'][digit(address) % 3] ?? 'Founder',
    linkedin: `https://www.linkedin.com/in/${address.split('@')[0] ?? ''}`,
    avatar_url: `https://avatar.attio.example/${digit(address)}`,
  };
}

function first(rec: Rec, slug: string): Value | undefined {
  const attribute = rec.table.bySlug.get(slug);
  return attribute === undefined ? undefined : valuesOf(rec, attribute)[0];
}

/** Some number that follows from the text. */
function digit(text: string): number {
  let sum = 0;
  for (let i = 0; i < text.length; i++) sum += text.charCodeAt(i);
  return sum;
}

function optionOf(attribute: Attribute, title: string): Value {
  const known = attribute.options.find(option => option.title === title);
  if (known !== undefined) return known;
  const option = newOption(title);
  attribute.options.push(option);
  return option;
}
