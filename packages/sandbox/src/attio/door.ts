import type { Call, Reply } from '../http/call.ts';
import type { Registry } from '../registry.ts';
import type { Door } from '../workspace.ts';
import { AttioError, toReply } from './errors.ts';

/** A bearer token, or Basic with the token as user name. */
export function createAttioDoor(registry: Registry): Door {
  return {
    admit(call) {
      const header = call.headers.authorization;
      const token = header === undefined ? undefined : tokenOf(header);
      const workspace = token === undefined ? undefined : registry.byToken('attio', token);
      return workspace ?? stranger(call);
    },
  };
}

function tokenOf(header: string): string | undefined {
  const [scheme, credential = ''] = header.split(' ');
  if (scheme?.toLowerCase() === 'bearer') return credential;
  if (scheme?.toLowerCase() !== 'basic') return undefined;
  const [user, password] = Buffer.from(credential, 'base64').toString('utf8').split(':');
  return password === '' ? user : undefined;
}

/** A token that opens nothing may ask about itself; that it is not active is then a good answer. */
function stranger(call: Call): Reply {
  if (call.path === '/v2/self' && call.method === 'GET' && call.headers.authorization !== undefined) {
    return { status: 200, body: { active: false } };
  }
  return toReply(new AttioError(401, 'unauthorized', 'The access token is missing or invalid.'));
}
