import type { EventMetadata } from '@freight/contracts';
import type { TenantSql } from '@freight/postgres';

/** Which of the two logs. */
export type LogName = 'tenant' | 'job';

/** The shape every event has: a type and its data. */
export interface AnyEvent {
  readonly type: string;
  readonly data: object;
}

/** An event as it stands in the log. */
export interface RecordedEvent<E extends AnyEvent = AnyEvent> {
  readonly id: string;
  readonly tenantId: string;
  readonly streamId: string;
  /** Place in the stream, from 1. */
  readonly version: number;
  readonly event: E;
  readonly metadata: EventMetadata;
  /** When it was decided. Projections take every time from here, never from a clock. */
  readonly occurredAt: Date;
}

/**
 * Keeps a read model. Runs inside the transaction of the append, so the read model is as fresh as the log; replaying the log gives
 * the very same rows, hence no clock, no random and no look at anything but events and the facts beside the log.
 */
export interface Projection<E extends AnyEvent> {
  readonly name: string;
  /** The tables it fills, referencing ones first: emptied in this order by a rebuild. */
  readonly tables: readonly string[];
  apply(sql: TenantSql, recorded: RecordedEvent<E>): Promise<void>;
}

/** What a caller expects of the stream: nothing there yet, exactly this version, or whatever it is. */
export type ExpectedVersion = 'no_stream' | 'any' | number;
