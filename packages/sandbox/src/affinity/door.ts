import type { Registry } from '../registry.ts';
import type { Door } from '../workspace.ts';
import { AffinityError, toV1Reply, toV2Reply } from './errors.ts';
import { isV2Path } from './paths.ts';

/** v1 takes Basic with an empty user name, or a bearer token; v2 takes a bearer token only. */
export function createAffinityDoor(registry: Registry): Door {
  return {
    admit(call) {
      const isV2 = isV2Path(call.path);
      const key = keyOf(call.headers.authorization ?? '', isV2);
      const workspace = key === undefined ? undefined : registry.byToken('affinity', key);
      if (workspace !== undefined) return workspace;
      const error = new AffinityError(401, 'The API key is missing or invalid.');
      return isV2 ? toV2Reply(error) : toV1Reply(error);
    },
  };
}

function keyOf(header: string, isV2: boolean): string | undefined {
  const [scheme, credential = ''] = header.split(' ');
  if (scheme?.toLowerCase() === 'bearer') return credential;
  if (isV2 || scheme?.toLowerCase() !== 'basic') return undefined;
  const [user, ...password] = Buffer.from(credential, 'base64').toString('utf8').split(':');
  return user === '' ? password.join(':') : undefined;
}
