/** Which of the two APIs a path belongs to; everything outside `/v2` is v1. */
export const isV2Path = (path: string): boolean => path === '/v2' || path.startsWith('/v2/');
