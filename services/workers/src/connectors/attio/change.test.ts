import { describe, expect, it } from 'vitest';
import type { OrganizationRecord, PersonRecord } from '../../records/model.ts';
import type { OutgoingOrganization, OutgoingPerson, OutgoingValues } from '../connector.ts';
import { changedValues, newValues } from './change.ts';

const acme: OrganizationRecord = {
  id: '12',
  name: 'Acme',
  formerNames: ['Acme Labs'],
  domains: ['acme.com', 'acme.org'],
  invalidDomains: ['http://'],
  fields: {},
};
const ada: PersonRecord = {
  id: '7',
  firstName: 'Ada',
  lastName: '',
  fullName: 'Ada',
  emails: ['ada@acme.com', 'ada@acme.org'],
  invalidEmails: [],
  organizationIds: ['12', '13'],
  fields: {},
};
const textValue = (slug: string, ...values: string[]): OutgoingValues => ({
  slug,
  type: 'text',
  isMultiple: false,
  values,
});
const organization = (extra: Partial<OutgoingOrganization> = {}): OutgoingOrganization => ({
  object: 'organizations',
  record: acme,
  mergedIds: [],
  withheldKeys: [],
  values: [textValue('description', 'Makes things')],
  ...extra,
});
const person = (extra: Partial<OutgoingPerson> = {}): OutgoingPerson => ({
  object: 'persons',
  record: ada,
  mergedIds: [],
  withheldKeys: [],
  values: [textValue('job_title', 'Founder; CEO'), textValue('linkedin', 'https://linkedin.com/in/ada')],
  companyIds: ['c-12', 'c-13'],
  ...extra,
});
const text = (value: string) => [{ value }];
const domains = (...hosts: string[]) => hosts.map(domain => ({ domain }));
const company = (...ids: string[]) => ids.map(id => ({ target_object: 'companies', target_record_id: id }));

describe('a new record', () => {
  it('holds everything that is there, with its markers, and keeps other domains as text', () => {
    const outgoing = organization({ mergedIds: ['34', '56'], withheldKeys: ['acme.org'] });
    expect(newValues(outgoing).values).toEqual({
      name: 'Acme',
      domains: ['acme.com'],
      description: 'Makes things',
      affinity_other_domains: 'acme.org; http://',
      affinity_former_names: 'Acme Labs',
      affinity_id: '12',
      affinity_merged_ids: ',34,56,',
    });
  });

  it('of a person has all three parts of the name, one company and the others beside it', () => {
    expect(newValues(person()).values).toEqual({
      name: { first_name: 'Ada', last_name: '', full_name: 'Ada' },
      email_addresses: ['ada@acme.com', 'ada@acme.org'],
      job_title: 'Founder; CEO',
      linkedin: 'https://linkedin.com/in/ada',
      company: { target_object: 'companies', target_record_id: 'c-12' },
      other_companies: [{ target_object: 'companies', target_record_id: 'c-13' }],
      affinity_id: '7',
    });
  });
});

/** What a new record looks like when it is read back. */
const held = {
  name: text('Acme'),
  domains: domains('acme.com', 'acme.org'),
  description: text('Makes things'),
  affinity_former_names: text('Acme Labs'),
  affinity_other_domains: text('http://'),
  affinity_id: text('12'),
  affinity_merged_ids: [],
};

describe('a record that is there', () => {
  it.each(['match_and_keep', 'match_and_fill_empty', 'match_and_overwrite'] as const)(
    'needs no change by %s when it is what we wrote',
    policy => {
      expect(changedValues(organization(), held, policy).values).toEqual({});
    },
  );

  it('gets what it lacks and keeps what it has, where empty places are filled', () => {
    const found = { name: text('ACME Corp'), domains: domains('ACME.com'), description: [], linkedin: text('x') };
    expect(changedValues(organization(), found, 'match_and_fill_empty').values).toEqual({
      domains: ['acme.org'],
      description: 'Makes things',
      affinity_former_names: 'Acme Labs',
      affinity_other_domains: 'http://',
      affinity_id: '12',
    });
  });

  it('gets our values where they overwrite, and loses none that we lack', () => {
    const found = { ...held, name: text('ACME Corp'), linkedin: text('x') };
    expect(changedValues(organization(), found, 'match_and_overwrite').values).toEqual({ name: 'Acme' });
  });

  it('gets markers only where it is to be kept', () => {
    const found = { name: text('ACME Corp') };
    expect(changedValues(organization({ mergedIds: ['34'] }), found, 'match_and_keep').values).toEqual({
      affinity_id: '12',
      affinity_merged_ids: ',34,',
    });
  });

  it('never loses its first marker: another id joins the merged ones', () => {
    const found = { ...held, affinity_id: text('5'), affinity_merged_ids: text('34, 40') };
    const outgoing = organization({ mergedIds: ['34', '56'] });
    expect(changedValues(outgoing, found, 'match_and_overwrite').values).toEqual({
      affinity_merged_ids: ',34,40,12,56,',
    });
  });

  it('is not given a key again that stands there as text', () => {
    const found = { ...held, domains: domains('acme.com'), affinity_other_domains: text('http://; acme.org') };
    expect(changedValues(organization(), found, 'match_and_fill_empty').values).toEqual({});
  });

  it('keeps its company; ours is added to the others, so that no relation is lost', () => {
    const found = { company: company('c-9'), other_companies: company('c-13') };
    const change = changedValues(person(), found, 'match_and_fill_empty').values;
    expect(change['company']).toBeUndefined();
    expect(change['other_companies']).toEqual(company('c-12'));
  });

  it('gets our company where values are overwritten', () => {
    const found = { company: company('c-9'), other_companies: company('c-13') };
    const change = changedValues(person(), found, 'match_and_overwrite').values;
    expect(change['company']).toEqual(company('c-12')[0]);
    expect(change['other_companies']).toBeUndefined();
  });

  it('keeps its company when we have none', () => {
    const outgoing = person({ companyIds: [] });
    expect(
      changedValues(outgoing, { company: company('c-9') }, 'match_and_overwrite').values['company'],
    ).toBeUndefined();
  });

  it('is left alone where only new records are made', () => {
    expect(changedValues(organization(), {}, 'create_only').values).toEqual({});
  });
});
