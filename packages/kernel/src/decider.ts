import type { Result } from './result.ts';

/** At least one element: an accepted command always changes something. */
export type NonEmpty<T> = readonly [T, ...T[]];

/**
 * The whole of a domain: what a command leads to, and what an event means.
 * All three are pure and total: time and new ids come in with the command, refusals go out as values.
 */
export interface Decider<State, Command, Event, Rejection> {
  readonly initialState: State;
  /** An empty list says "already so": the command is accepted and nothing changes. */
  decide(command: Command, state: State): Result<readonly Event[], Rejection>;
  /** Never throws; returns the same state for an event that does not apply. */
  evolve(state: State, event: Event): State;
}

/** Folds events over a state, oldest first. */
export const fold = <State, Event>(
  decider: Pick<Decider<State, never, Event, unknown>, 'evolve'>,
  state: State,
  events: Iterable<Event>,
): State => {
  let next = state;
  for (const event of events) next = decider.evolve(next, event);
  return next;
};
