export {
  beginning,
  eventsUpTo,
  isBeyond,
  logNames,
  type Place,
  type Places,
  placesAt,
  pruneMarks,
  type RelayPlace,
  readRelayPlaces,
} from './places.ts';
export { type RebuildOptions, rebuild } from './rebuild.ts';
export { type Relay, type RelayOptions, startRelay } from './relay.ts';
export {
  createStore,
  type Executed,
  type ExecuteOptions,
  type Loaded,
  readStream,
  type Store,
  type StoreOptions,
  type VersionMismatch,
} from './store.ts';
export type { AnyEvent, ExpectedVersion, LogName, Projection, RecordedEvent } from './types.ts';
