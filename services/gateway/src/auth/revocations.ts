import type { RevocationHeartbeat, RevocationNotice } from '@freight/contracts';
import { FreightError, sleep } from '@freight/kernel';
import type { KeyAnswer } from './askKey.ts';
import type { Caller, KeyId } from './caller.ts';
import { inTime } from './inTime.ts';

/** A key that Postgres said may be used, and the number of revocations that were committed when it said so. */
export interface Grant {
  readonly caller: Caller;
  readonly suspended: boolean;
  readonly position: number;
}

/** Says when a key may no longer be used, for what goes on for long. */
export interface KeyWatch {
  /** Aborted when the key was revoked or has expired, its tenant is suspended, or nobody can tell any more. */
  readonly signal: AbortSignal;
  stop(): void;
}

export interface Revocations {
  /** Whether a grant is still true without asking: nothing has happened since that could have ended it, and we would know. */
  trusts(grant: Grant): boolean;
  /**
   * Asks Postgres.
   * @returns undefined when the key is revoked, or a revocation of it is recorded.
   * @throws FreightError `keys_unknown`, retryable, or the error of the database: nobody can tell, so nobody is let in.
   */
  confirm(key: KeyId): Promise<Grant | undefined>;
  watch(caller: Caller): KeyWatch;
  hearNotice(notice: RevocationNotice): void;
  hearHeartbeat(beat: RevocationHeartbeat): void;
}

export interface RevocationsOptions {
  readonly ask: (key: KeyId) => Promise<KeyAnswer>;
  /** What is remembered counts for so long after the moment of the last heartbeat's reading. Milliseconds. */
  readonly silenceMs: number;
  readonly now: () => Date;
  /** Milliseconds that only go forward; the one that `ask` uses. */
  readonly clock?: () => number;
}

/** An answer that took longer to arrive is too old to be acted on, milliseconds. */
const answerAgeMaxMs = 500;
/** Two clocks drift apart: after this time the database's is read anew, milliseconds. */
const clockAgeMaxMs = 60_000;
/** A heartbeat from further ahead than this means that the database's clock was set, milliseconds. */
const aheadMaxMs = 200;
const watchEveryMs = 150;
const tenantsMax = 10_000;

/**
 * What this gateway knows of revocations.
 *
 * Every revocation has a place in one order, the order of the commits. A grant is stamped with the place up to which Postgres had
 * committed when it answered. It holds while two things are true: no later revocation touches it, and the last heartbeat was read from
 * Postgres less than `silenceMs` ago *on the database's clock*, so that one that was held up on its way proves nothing. A notice names its
 * tenant and touches that tenant's grants; when a number is missing, all grants are touched. What is touched is not thrown away, it is asked
 * anew, which costs a query and no hash. An answer that was under way meanwhile bears its old stamp, and so is touched too.
 */
export const createRevocations = (options: RevocationsOptions): Revocations => {
  const { ask, silenceMs } = options;
  const clock = options.clock ?? (() => performance.now());
  /** The latest place that we know of. */
  let position = -1;
  /** Grants with an earlier stamp are touched. */
  let floor = 0;
  /** The same by tenant. */
  const floors = new Map<string, number>();
  /** When the last heartbeat was read, on the database's clock. */
  let knownAt = Number.NEGATIVE_INFINITY;
  /** What the database's clock said, not later than at a moment of ours. */
  let seenClock: { readonly database: number; readonly ours: number } | undefined;

  const advance = (to: number) => {
    if (to <= position) return;
    position = to;
    floor = to;
  };

  /** The database's time, rather too late than too early: then a heartbeat is taken for older than it is. */
  const databaseNow = (): number | undefined =>
    seenClock && clock() - seenClock.ours < clockAgeMaxMs ? seenClock.database + (clock() - seenClock.ours) : undefined;

  const isListening = (): boolean => {
    const now = databaseNow();
    if (now === undefined) return false;
    const age = now - knownAt;
    return age < silenceMs && age > -aheadMaxMs;
  };

  const trusts = ({ caller, position: stamp }: Grant): boolean =>
    stamp >= floor && stamp >= (floors.get(caller.tenantId) ?? 0) && isListening();

  const confirm = async (key: KeyId): Promise<Grant | undefined> => {
    const answer = await inTime(ask(key));
    if (clock() - answer.askedAt > answerAgeMaxMs) {
      throw new FreightError('What is known of a key is too old', { code: 'keys_unknown', retry: 'retryable' });
    }
    seenClock = { database: answer.at, ours: answer.askedAt };
    advance(answer.position);
    return answer.key && { ...answer.key, position: answer.position };
  };

  const mayGoOn = ({ suspended, caller }: Grant): boolean =>
    !suspended && (caller.expiresAt === null || caller.expiresAt > options.now());

  return {
    trusts,
    confirm,
    watch: caller => {
      const ended = new AbortController();
      const stopping = new AbortController();
      const run = async (): Promise<void> => {
        let grant: Grant | undefined;
        while (!stopping.signal.aborted) {
          if (!grant || !trusts(grant)) grant = await confirm(caller);
          if (!grant || !mayGoOn(grant)) return;
          await sleep(watchEveryMs, stopping.signal);
        }
      };
      void run()
        .catch(() => {})
        .finally(() => ended.abort());
      return { signal: ended.signal, stop: () => stopping.abort() };
    },
    hearNotice: ({ tenantId, position: at }) => {
      floors.set(tenantId, Math.max(at, floors.get(tenantId) ?? 0));
      if (at === position + 1) position = at;
      else advance(at);
      if (floors.size > tenantsMax) {
        floor = position;
        floors.clear();
      }
    },
    hearHeartbeat: ({ position: at, at: readAt }) => {
      advance(at);
      knownAt = readAt;
    },
  };
};
