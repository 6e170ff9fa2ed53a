import { createHash } from 'node:crypto';

/** Where a page ended, and which request it belongs to. Opaque to callers; neither secret nor signed. */
export interface Position {
  readonly afterId: number;
  /** The parameters of the first page, in v2 whole so that a link needs nothing else, in v1 as a digest. */
  readonly params: string;
}

export function encodeCursor({ afterId, params }: Position): string {
  return Buffer.from(JSON.stringify([afterId, params]), 'utf8').toString('base64url');
}

/** `undefined` for anything that `encodeCursor` did not make. */
export function decodeCursor(text: string): Position | undefined {
  try {
    const [afterId, params]: unknown[] = JSON.parse(Buffer.from(text, 'base64url').toString('utf8'));
    return typeof afterId === 'number' && typeof params === 'string' ? { afterId, params } : undefined;
  } catch {
    return undefined;
  }
}

/** All parameters but the position, whatever their order. */
export function canonicalParams(query: URLSearchParams, positionName: string): string {
  const rest = new URLSearchParams([...query].filter(([name]) => name !== positionName));
  rest.sort();
  return rest.toString();
}

export const digestOf = (params: string): string =>
  createHash('sha256').update(params).digest('base64url').slice(0, 12);
