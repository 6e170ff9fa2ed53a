import { type Environment, parseApiKey } from '@freight/contracts';
import { createLimit, err, ok, type Result, sleep } from '@freight/kernel';
import type { Caller, KeyId } from './caller.ts';
import type { Hasher } from './hasher.ts';
import { inTime } from './inTime.ts';
import type { KeyCache } from './keyCache.ts';
import type { KeyCandidate } from './lookUpKeys.ts';
import type { Grant, Revocations } from './revocations.ts';
import type { Standing } from './standing.ts';
import { TooLateError } from './turns.ts';

/** `busy`: too many unverified keys wait already, or this one has waited for long; the key itself may be right. */
export type AuthRefusal = 'unauthenticated' | 'wrong_environment' | 'tenant_suspended' | 'busy';

/** Where the verdict came from: memory alone, memory and Postgres (the revocations were not heard), a look-up with a hash, or no look at all. */
export type KeySource = 'cache' | 'postgres' | 'store' | 'none';

export interface AuthenticatorOptions {
  readonly environment: Environment;
  readonly cache: KeyCache;
  readonly hasher: Pick<Hasher, 'matches'>;
  readonly standing: Standing;
  readonly revocations: Pick<Revocations, 'trusts' | 'confirm'>;
  readonly lookUp: (prefix: string) => Promise<readonly KeyCandidate[]>;
  /** Told of each key that was verified by its hash. */
  readonly onVerified: (key: string, candidate: KeyCandidate) => void;
  readonly now: () => Date;
  readonly onVerdict: (verdict: 'ok' | AuthRefusal, source: KeySource) => void;
}

/**
 * @param authorization the header's value.
 * @param source where the request came from, for slowing whoever guesses.
 */
export type Authenticate = (authorization: string | undefined, source: string) => Promise<Verdict<Caller>>;

/** `key`: whose key was refused, where it is a right one: revoked, expired, or of a suspended tenant. For the audit log, never for an answer. */
type Verdict<T> = Result<T, AuthRefusal> & { readonly key?: KeyId };

/** Look-ups at once: a flood of made-up keys must leave connections for everybody else. */
const lookUpsMax = 4;
/** Unverified keys of one source and prefix that may wait for each other. */
const laneWaitersMax = 16;
/** Longest wait of an unverified key for its turns, milliseconds; then the client may try again. */
const waitMaxMs = 10_000;
/** Unverified keys that may wait at all; who has shown a right one before is let in beyond. */
const waitersMax = 1000;
/** Revoked keys that are known by their digest, so that whoever goes on with one costs no hash each time. */
const revokedMax = 10_000;

const refuseKey = (refusal: AuthRefusal, key: KeyId) => ({
  ...err(refusal),
  key: { tenantId: key.tenantId, keyId: key.keyId },
});

/**
 * Tells whose key it is. Garbage, and keys of another environment, are refused without any look-up; a key that was verified lately costs
 * an HMAC, and a query when it is not certain that its revocation would have been heard. Everything else runs in a lane of its source and
 * prefix, one at a time, so that wrong keys queue behind wrong keys, and a wrong answer comes later and later. Between the lanes the
 * turns at the hash go by standing: guessing from a thousand places at a prefix that is known holds up none of its tenant's own clients.
 */
export const createAuthenticator = (options: AuthenticatorOptions): Authenticate => {
  const { cache, hasher, revocations, standing, onVerdict } = options;
  const limitLookUps = createLimit(lookUpsMax);
  const lanes = new Map<string, { readonly run: ReturnType<typeof createLimit>; waiting: number }>();
  const verifying = new Map<string, Promise<Verdict<Grant>>>();
  const revoked = new Map<string, KeyId>();
  let waiters = 0;

  const isExpired = (caller: Caller) => caller.expiresAt !== null && caller.expiresAt <= options.now();

  const judge = ({ caller, suspended }: Grant): Verdict<Caller> =>
    isExpired(caller)
      ? refuseKey('unauthenticated', caller)
      : suspended
        ? refuseKey('tenant_suspended', caller)
        : ok(caller);

  const remember = (digest: string, key: KeyId): void => {
    revoked.set(digest, key);
    const oldest = revoked.keys().next();
    if (revoked.size > revokedMax && !oldest.done) revoked.delete(oldest.value);
  };

  /** @returns the grant, or whose key it is that may not be used; undefined when it is nobody's. */
  const findOwner = async (
    digest: string,
    key: string,
    prefix: string,
    source: string,
    until: number,
  ): Promise<Grant | KeyId | undefined> => {
    if (performance.now() > until) throw new TooLateError('The lane was too long');
    const known = revoked.get(digest);
    if (known) return known;
    for (const candidate of await limitLookUps(() => inTime(options.lookUp(prefix)))) {
      if (await hasher.matches(key, candidate.hash, standing.rank(source, prefix), until)) {
        if (candidate.isRevoked) {
          remember(digest, candidate.key);
          return candidate.key;
        }
        // The hash took its time, and its turn in the queue: only now it is asked whether the key may still be used.
        const grant = await revocations.confirm(candidate.key);
        if (!grant || isExpired(grant.caller)) return candidate.key;
        options.onVerified(key, candidate);
        return grant;
      }
    }
    return undefined;
  };

  const verify = async (
    digest: string,
    key: string,
    prefix: string,
    source: string,
    until: number,
  ): Promise<Verdict<Grant>> => {
    const owner = await findOwner(digest, key, prefix, source, until);
    if (owner && 'caller' in owner) {
      standing.succeeded(source, prefix);
      return ok(owner);
    }
    await sleep(standing.failed(source));
    return owner ? refuseKey('unauthenticated', owner) : err('unauthenticated');
  };

  const verifyInLane = async (digest: string, key: string, prefix: string, source: string): Promise<Verdict<Grant>> => {
    const name = `${source} ${prefix}`;
    let lane = lanes.get(name);
    if (!lane) lanes.set(name, (lane = { run: createLimit(1), waiting: 0 }));
    const isCrowded = waiters >= waitersMax && standing.rank(source, prefix) > 0;
    if (lane.waiting >= laneWaitersMax || isCrowded) {
      if (lane.waiting === 0) lanes.delete(name);
      return err('busy' as const);
    }
    lane.waiting++;
    waiters++;
    try {
      const until = performance.now() + waitMaxMs;
      return await lane.run(() => verify(digest, key, prefix, source, until));
    } catch (error) {
      if (error instanceof TooLateError) return err('busy' as const);
      throw error;
    } finally {
      waiters--;
      if (--lane.waiting === 0) lanes.delete(name);
    }
  };

  /** The same key, presented many times at once, is verified once. */
  const verifyOnce = (digest: string, key: string, prefix: string, source: string) => {
    let running = verifying.get(digest);
    if (!running) {
      running = verifyInLane(digest, key, prefix, source).finally(() => verifying.delete(digest));
      verifying.set(digest, running);
    }
    return running;
  };

  const ask = async (digest: string, known: Grant): Promise<Verdict<Caller>> => {
    const grant = await revocations.confirm(known.caller);
    if (!grant) {
      cache.forget(digest);
      return refuseKey('unauthenticated', known.caller);
    }
    cache.renew(digest, grant);
    return judge(grant);
  };

  return async (authorization, source) => {
    const key = /^Bearer +([\x21-\x7e]{1,200})$/i.exec(authorization ?? '')?.[1];
    const parsed = key === undefined ? undefined : parseApiKey(key);
    if (key === undefined || !parsed) {
      onVerdict('unauthenticated', 'none');
      return err('unauthenticated');
    }
    if (parsed.environment !== options.environment) {
      onVerdict('wrong_environment', 'none');
      return err('wrong_environment');
    }
    const digest = cache.digest(key);
    const known = cache.get(digest);
    if (known) {
      const isTrusted = revocations.trusts(known);
      const verdict = isTrusted ? judge(known) : await ask(digest, known);
      onVerdict(verdict.ok ? 'ok' : verdict.error, isTrusted ? 'cache' : 'postgres');
      return verdict;
    }
    const verified = await verifyOnce(digest, key, parsed.prefix, source);
    if (verified.ok) cache.set(digest, verified.value);
    const verdict = verified.ok ? judge(verified.value) : verified;
    onVerdict(verdict.ok ? 'ok' : verdict.error, 'store');
    return verdict;
  };
};
