import type { CommandHandlers } from '@freight/commands';
import type { workerCommands } from '@freight/contracts';
import type { Vault } from '@freight/vault';
import type { Connections } from './connections.ts';
import { createReadSchema } from './readSchema.handler.ts';
import { createTestConnection } from './testConnection.handler.ts';

/** The commands that need calls to a CRM and an answer at once. */
export const createWorkerHandlers = (deps: {
  readonly connections: Connections;
  readonly vault: Vault;
  readonly now: () => Date;
}): CommandHandlers<typeof workerCommands> => ({
  'test-connection': createTestConnection(deps.connections),
  'read-schema': createReadSchema(deps.connections, deps.vault, deps.now),
});
