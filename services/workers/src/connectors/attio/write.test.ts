import { describe, expect, it } from 'vitest';
import { CrmError } from '../crmError.ts';
import { attioObjects } from './objects.ts';
import type { WriteValues } from './values.ts';
import { sendWithoutRefused } from './write.ts';

const refusal = (message: string, faultPaths: readonly string[] = []) =>
  new CrmError('refused', { kind: 'rejected', vendorCode: 'validation_type', vendorMessage: message, faultPaths });

const writing = {
  values: { name: 'Ada', email_addresses: ['a@x.co', 'a@x.com', 'b@x.com'], affinity_other_emails: 'old' },
  otherKeys: ['old'],
};

/** Sends against a target that refuses in this order and then takes everything. */
const sendAgainst = async (...refusals: CrmError[]) => {
  const sent: WriteValues[] = [];
  const result = await sendWithoutRefused(attioObjects.persons, writing, values => {
    sent.push(values);
    const next = refusals.shift();
    return next === undefined ? Promise.resolve('id') : Promise.reject(next);
  });
  return { sent, last: sent.at(-1), ...result };
};

describe('a write with addresses', () => {
  it('goes once when the target takes them', async () => {
    const { sent, refusedKeys } = await sendAgainst();
    expect(sent).toEqual([writing.values]);
    expect(refusedKeys).toEqual([]);
  });

  it.each<[string, CrmError]>([
    ['in the words', refusal('"a@x.com" is not a valid email address (email_addresses).')],
    ['by its place', refusal('invalid', ['data.values.email_addresses.1'])],
  ])('goes again without the one that is named %s', async (_, error) => {
    const { last, refusedKeys } = await sendAgainst(error);
    expect(last).toEqual({
      name: 'Ada',
      email_addresses: ['a@x.co', 'b@x.com'],
      affinity_other_emails: 'old; a@x.com',
    });
    expect(refusedKeys).toEqual(['a@x.com']);
  });

  it('goes again without any when none is named, or another one is refused then', async () => {
    const bare = { name: 'Ada', affinity_other_emails: 'old; a@x.co; a@x.com; b@x.com' };
    expect((await sendAgainst(refusal('bad email_addresses'))).last).toEqual(bare);
    const twice = await sendAgainst(
      refusal('"a@x.co" is bad', ['data.values.email_addresses']),
      refusal('"a@x.com" is bad', ['data.values.email_addresses']),
    );
    expect(twice.last).toEqual(bare);
    expect(twice.sent).toHaveLength(3);
  });

  it.each<[string, CrmError]>([
    ['another attribute', refusal('bad', ['data.values.linkedin'])],
    ['a unique value elsewhere', new CrmError('conflict', { kind: 'conflict', vendorMessage: 'email_addresses' })],
  ])('is not sent again because of %s', async (_, error) => {
    await expect(sendAgainst(error)).rejects.toBe(error);
  });
});
