export {
  type Environment,
  environments,
  generateApiKey,
  parseApiKey,
  type ParsedApiKey,
} from './apiKey.ts';
export { type Aggregate, type LoggedEvent, toCloudEvent } from './cloudEvents.ts';
export { type CommandAccepted, type CommandView, commandAccepted, commandView } from './commandViews.ts';
export {
  actor,
  type Actor,
  commandEnvelope,
  type CommandEnvelope,
  commandReply,
  type CommandReply,
  eventMetadata,
  type EventMetadata,
} from './envelope.ts';
export { natsHeaders } from './headers.ts';
export {
  platformTenantId,
  uuid,
} from './ids.ts';
export {
  jobCommands,
  type JobCommandType,
} from './jobs/commands.ts';
export {
  createJobBody,
  type CreateJobBody,
  existingPolicy,
  type ExistingPolicy,
  jobConfig,
  type JobConfig,
  objectName,
  type ObjectName,
  objectPolicy,
  type ObjectPolicy,
  objects,
  samePolicy,
  type SamePolicy,
  systemName,
  type SystemName,
  systems,
} from './jobs/config.ts';
export {
  type JobEvent,
  jobEvents,
  type JobEventType,
  outcome,
  type Outcome,
  outcomeCounts,
  type OutcomeCounts,
  outcomes,
  pauseReason,
  type PauseReason,
  phase,
  type Phase,
  phases,
  runKind,
} from './jobs/events.ts';
export { type JobRow, jobRowColumns, jobViewOfRow } from './jobs/jobRow.ts';
export {
  cloudEvent,
  type CloudEvent,
  jobStatus,
  type JobStatus,
  jobView,
  type JobView,
  objectProgress,
  type ObjectProgress,
  recordOutcomeView,
  type RecordOutcomeView,
} from './jobs/views.ts';
export {
  problem,
  type ProblemBody,
  type ProblemCode,
  type ProblemIssue,
  problems,
} from './problems.ts';
export {
  type CommandService,
  redisKeys,
  type StreamName,
  streams,
  subjects,
} from './subjects.ts';
export {
  createApiKeyBody,
  type CreateApiKeyBody,
  createConnectionBody,
  type CreateConnectionBody,
  createTenantBody,
  type CreateTenantBody,
  slug,
  tenantCommands,
  type TenantCommandType,
  updateConnectionBody,
  type UpdateConnectionBody,
  workerCommands,
  type WorkerCommandType,
} from './tenants/commands.ts';
export {
  scope,
  type Scope,
  scopes,
  type TenantEvent,
  tenantEvents,
  type TenantEventType,
} from './tenants/events.ts';
export {
  type ApiKeyRow,
  apiKeyViewOfRow,
  type ConnectionRow,
  connectionViewOfRow,
  type TenantRow,
  tenantViewOfRow,
} from './tenants/rows.ts';
export {
  tenantSettings,
  type TenantSettings,
} from './tenants/settings.ts';
export {
  apiKeyView,
  type ApiKeyView,
  connectionTest,
  type ConnectionTest,
  connectionView,
  type ConnectionView,
  tenantCreated,
  tenantView,
  type TenantView,
} from './tenants/views.ts';
export {
  type Lane,
  lane,
  resultMessage,
  type ResultMessage,
  sharedLanes,
  type WorkKind,
  workKinds,
  workMessage,
  type WorkMessage,
} from './work.ts';
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
} from './jobs/batches.ts';
