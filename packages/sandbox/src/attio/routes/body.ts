import { invalid } from '../errors.ts';
import { isObject } from '../values/valueType.ts';

/** What is inside the envelope. @throws AttioError when there is none. */
export function bodyData(body: unknown): Record<string, unknown> {
  const inner = isObject(body) ? body.data : undefined;
  if (!isObject(inner)) throw invalid('The body must be {"data":{…}}.', ['data']);
  return inner;
}

export function requireSlug(raw: unknown): string {
  const slug = requireString(raw, 'api_slug');
  if (!/^[a-z0-9_][a-z0-9_-]*$/.test(slug)) throw invalid(`"${slug}" is not a valid slug.`, ['data', 'api_slug']);
  return slug;
}

export function requireString(raw: unknown, key: string): string {
  if (typeof raw !== 'string' || raw === '') throw invalid(`"${key}" is required.`, ['data', key]);
  return raw;
}

export function requireBoolean(raw: unknown, key: string): boolean {
  if (typeof raw !== 'boolean') throw invalid(`"${key}" is required: true or false.`, ['data', key]);
  return raw;
}
