import type { Recorder } from './attempt.ts';
import type { HttpClient } from './http/client.ts';
import type { Operation, Resolve } from './http/openapi.ts';
import type { Side } from './sides/side.ts';

/** What the floors of the API work with. */
export interface Context {
  readonly client: HttpClient;
  readonly record: Recorder;
  /** Who tries. */
  readonly a: Side;
  /** Whose things are tried for. */
  readonly b: Side;
  readonly operations: readonly Operation[];
  readonly resolve: Resolve;
  /** How many gateways there are. */
  readonly gateways: number;
}
