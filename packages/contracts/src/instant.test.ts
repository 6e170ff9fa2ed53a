import { expect, it } from 'vitest';
import { instant } from './instant.ts';

it.each(['1970-01-01T00:00:00Z', '2026-02-28T12:00:00.123456Z', '2024-02-29T00:00:00Z', '9999-12-31T23:59:59Z'])(
  'takes %s',
  text => expect(instant.safeParse(text).success).toBe(true),
);

it.each([
  '0000-01-01T00:00:00Z',
  '0001-01-01T00:00:00Z',
  '1969-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59.9999999Z',
  '2026-02-30T00:00:00Z',
  '2026-01-01T24:00:00Z',
  '2026-01-01',
  '+010000-01-01T00:00:00Z',
])('refuses %s', text => expect(instant.safeParse(text).success).toBe(false));
