import { generateApiKey } from '@freight/contracts';
import type { DatabaseAddress } from '@freight/postgres';
import type { Command } from '../commandLine.ts';
import { UserError } from '../errors.ts';
import { databaseTls } from '../platform/index.ts';
import { introduceOperatorKey, recoverOperatorKey } from '../platform/operatorKey.ts';
import { databaseUrlFrom } from './migrate.ts';

type AdminCommand = Extract<Command, { name: 'admin bootstrap' | 'admin recover' }>;

/** Refused before anything is made: a key that went into a log or a file unasked would be known there for good. */
const demandReader = ({ json, name }: AdminCommand): void => {
  if (json || process.stdout.isTTY) return;
  throw new UserError(
    `${name} shows an API key, and standard output is no terminal: it would end up in a log or a file.\n` +
      'Run it in a terminal, or say --json to have it all the same.',
    2,
  );
};

const show = (command: AdminCommand, apiKey: string, more: Readonly<Record<string, unknown>> = {}): void => {
  if (command.json) {
    process.stdout.write(`${JSON.stringify({ apiKey, ...more })}\n`);
    return;
  }
  process.stdout.write(`operator key  ${apiKey}\n`);
  process.stderr.write('It is shown once and kept nowhere: keep it.\n');
};

/** What the database said; its address stays out of it. */
const explain = (error: unknown): never => {
  if (error instanceof UserError) throw error;
  throw new UserError(`The database refused: ${(error as Error).message}\nIs it migrated? ./freight migrate`);
};

/** `freight admin bootstrap`: the first operator key of a platform. @throws UserError when there is one already. */
const bootstrap = async (command: AdminCommand, address: DatabaseAddress): Promise<void> => {
  const key = generateApiKey(command.environment);
  if (!(await introduceOperatorKey(address, key).catch(explain))) {
    throw new UserError(
      'This platform has an operator key already. With it more are made: POST /v1/api-keys/{keyId}/rotate.\n' +
        'Is it lost? See: ./freight help admin recover',
    );
  }
  show(command, key);
};

/** `freight admin recover`: another operator key, for who has lost the first. @throws UserError when there is no platform yet. */
const recover = async (
  command: Extract<AdminCommand, { name: 'admin recover' }>,
  address: DatabaseAddress,
): Promise<void> => {
  const key = generateApiKey(command.environment);
  const result = await recoverOperatorKey(address, key, command.revokeOthers).catch(explain);
  if (result === 'missing') throw new UserError('There is no platform in this database yet: ./freight admin bootstrap');
  show(command, key, { revoked: result.revoked });
  if (command.revokeOthers) process.stderr.write(`${result.revoked} other operator keys are revoked.\n`);
};

export const adminCommand = async (command: AdminCommand, env: NodeJS.ProcessEnv): Promise<number> => {
  demandReader(command);
  const setting = 'FREIGHT_ADMIN_DATABASE_URL';
  const address = { url: databaseUrlFrom(env, setting), tls: databaseTls(env, setting) };
  await (command.name === 'admin bootstrap' ? bootstrap(command, address) : recover(command, address));
  return 0;
};
