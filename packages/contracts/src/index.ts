export {
  type Environment,
  environments,
  generateApiKey,
  type ParsedApiKey,
  parseApiKey,
} from './apiKey.ts';
export { createAsyncApi } from './asyncApi.ts';
export { type Aggregate, type LoggedEvent, toCloudEvent } from './cloudEvents.ts';
export { type CommandAccepted, type CommandView, commandAccepted, commandView } from './commandViews.ts';
export {
  type Actor,
  actor,
  type CommandEnvelope,
  type CommandReply,
  commandEnvelope,
  commandReply,
  type EventMetadata,
  eventMetadata,
} from './envelope.ts';
export { natsHeaders } from './headers.ts';
export {
  platformTenantId,
  uuid,
} from './ids.ts';
export {
  type BatchError,
  batchError,
  type ExtractPayload,
  type ExtractResult,
  extractPayload,
  extractResult,
  type LoadPayload,
  type LoadResult,
  loadPayload,
  loadResult,
  type SettlePayload,
  type SettleResult,
  settlePayload,
  settleResult,
} from './jobs/batches.ts';
export {
  type JobCommandType,
  jobCommands,
} from './jobs/commands.ts';
export {
  type CreateJobBody,
  createJobBody,
  type ExistingPolicy,
  existingPolicy,
  type JobConfig,
  jobConfig,
  type ObjectName,
  type ObjectPolicy,
  objectName,
  objectPolicy,
  objects,
  type SamePolicy,
  type SystemName,
  samePolicy,
  systemName,
  systems,
} from './jobs/config.ts';
export {
  type JobEvent,
  type JobEventType,
  jobEvents,
  type Outcome,
  type OutcomeCounts,
  outcome,
  outcomeCounts,
  outcomes,
  type PauseReason,
  type Phase,
  pauseReason,
  phase,
  phases,
  runKind,
} from './jobs/events.ts';
export { type JobRow, jobRowColumns, jobViewOfRow } from './jobs/jobRow.ts';
export {
  type CloudEvent,
  cloudEvent,
  type JobStatus,
  type JobView,
  jobStatus,
  jobView,
  type ObjectProgress,
  objectProgress,
  type RecordOutcomeView,
  recordOutcomeView,
} from './jobs/views.ts';
export {
  type ProblemBody,
  type ProblemCode,
  type ProblemIssue,
  problem,
  problems,
} from './problems.ts';
export { type RedisService, redisAccess, redisRules, redisUser } from './redisAccess.ts';
export {
  type CommandService,
  redisKeys,
  type StreamName,
  streams,
  subjects,
} from './subjects.ts';
export {
  type CreateApiKeyBody,
  type CreateConnectionBody,
  type CreateTenantBody,
  createApiKeyBody,
  createConnectionBody,
  createTenantBody,
  type RotateApiKeyBody,
  rotateApiKeyBody,
  slug,
  type TenantCommandType,
  tenantCommands,
  type UpdateConnectionBody,
  type UpdateTenantBody,
  updateConnectionBody,
  updateTenantBody,
  type WorkerCommandType,
  workerCommands,
} from './tenants/commands.ts';
export {
  type Scope,
  scope,
  scopes,
  type TenantEvent,
  type TenantEventType,
  tenantEvents,
} from './tenants/events.ts';
export {
  type RevocationHeartbeat,
  type RevocationNotice,
  revocationHeartbeat,
  revocationNotice,
} from './tenants/revocations.ts';
export {
  type ApiKeyRow,
  apiKeyViewOfRow,
  type ConnectionRow,
  connectionViewOfRow,
  type ListedApiKeyRow,
  listedApiKeyOfRow,
  type TenantRow,
  tenantViewOfRow,
} from './tenants/rows.ts';
export {
  type TenantSettings,
  type TenantSettingsChange,
  tenantSettings,
  tenantSettingsChange,
} from './tenants/settings.ts';
export {
  type ApiKeyView,
  apiKeyRotated,
  apiKeyView,
  type ConnectionTest,
  type ConnectionView,
  connectionTest,
  connectionView,
  type ListedApiKey,
  listedApiKey,
  type TenantView,
  tenantCreated,
  tenantView,
} from './tenants/views.ts';
export {
  type Lane,
  lane,
  type ResultMessage,
  resultMessage,
  sharedLanes,
  type WorkKind,
  type WorkMessage,
  workKinds,
  workMessage,
} from './work.ts';
