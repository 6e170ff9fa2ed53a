import { canonicalAddress, createBlocks } from './blocks.ts';

/** Where forwarded addresses stand. One of them: a proxy replaces or extends the header that it knows and lets the other one through. */
export const forwardedHeaders = ['x-forwarded-for', 'forwarded'] as const;
export type ForwardedHeader = (typeof forwardedHeaders)[number];

/** @returns the client's address, or `unknown` where a trusted proxy does not say. */
export type ClientAddress = (peer: string | undefined, headers: Headers) => string;

/** An address without the port and the brackets that may stand around it. */
const bare = (node: string): string =>
  /^\[([^\]]*)\](?::\d+)?$/.exec(node)?.[1] ?? /^(\d+\.\d+\.\d+\.\d+):\d+$/.exec(node)?.[1] ?? node;

/** The hops that a header names, the nearest one last. Source: RFC 7239, section 4; X-Forwarded-For has no standard, only this use. */
const hopsOf = (header: ForwardedHeader, value: string): readonly string[] =>
  value.split(',').map(element => {
    if (header === 'x-forwarded-for') return element.trim();
    const quoted = /(?:^|;)\s*for\s*=\s*(?:"([^"]*)"|([^;"\s]*))/i.exec(element);
    return quoted?.[1] ?? quoted?.[2] ?? '';
  });

/**
 * Tells where a request comes from. The header counts only when the peer is one of the proxies that the deployment trusts, and is read from
 * the near end: what stands before the first hop that is not trusted was written by the client itself.
 */
export const createClientAddress = (options: {
  readonly trustedProxies: readonly string[];
  readonly header: ForwardedHeader;
}): ClientAddress => {
  const trusted = createBlocks(options.trustedProxies);
  return (peer, headers) => {
    let nearest = (peer !== undefined && canonicalAddress(peer)) || 'unknown';
    if (!trusted.has(nearest)) return nearest;
    const value = headers.get(options.header);
    if (value === null) return nearest;
    for (const hop of hopsOf(options.header, value).toReversed()) {
      nearest = canonicalAddress(bare(hop)) ?? 'unknown';
      if (!trusted.has(nearest)) return nearest;
    }
    return nearest;
  };
};
