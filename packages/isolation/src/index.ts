export { type Attempt, createRecorder, type Floor, floors, type Recorder } from './attempt.ts';
export { createHttpClient } from './http/client.ts';
export type { HttpPart } from './http/index.ts';
export { type NatsLogin, type NatsUser, natsLoginsOf } from './nats/logins.ts';
export { tryRights } from './nats/rights.ts';
export type { RedisLogin } from './redis/index.ts';
export { type IsolationSummary, isSound, renderIsolation, summarise } from './report.ts';
export {
  type IsolationOptions,
  type IsolationResult,
  type Prepared,
  prepare,
  runIsolation,
  type Target,
  tryFloors,
} from './run.ts';
export { type BareTenant, SetUpError } from './sides/makeSide.ts';
export { type Finding, readCatalog } from './sql/catalog.ts';
export { type SqlFloor, trySql } from './sql/index.ts';
export { scopedRoles } from './sql/reviewed.ts';
export { insertSample, type Sample, sampleOf } from './sql/samples.ts';
export { tenantColumn, tenantTables } from './sql/tables.ts';
