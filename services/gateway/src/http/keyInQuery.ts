const suspiciousNames = new Set(['api_key', 'apikey', 'api-key', 'key', 'token', 'access_token', 'authorization']);

/**
 * Whether a URL seems to hold an API key. URLs end up in logs, histories and proxies, so such a request is refused even if it is right
 * otherwise. Looks at names, and for the beginning of a key anywhere in the query, encoded or not.
 */
export const hasKeyInQuery = (url: string): boolean => {
  const start = url.indexOf('?');
  if (start === -1) return false;
  const query = url.slice(start + 1);
  for (const [name, value] of new URLSearchParams(query)) {
    if (suspiciousNames.has(name.toLowerCase())) return true;
    if (/frt_/i.test(name) || /frt_/i.test(value)) return true;
  }
  return false;
};
