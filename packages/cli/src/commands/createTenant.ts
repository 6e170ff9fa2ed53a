import { tenantCreated } from '@freight/contracts';
import type { Command } from '../commandLine.ts';
import { createFreightApi } from '../demo/freightApi.ts';
import { UserError } from '../errors.ts';

/** `freight tenants create`: asks the gateway for a tenant and prints its id and first key. @throws UserError in the API's own words. */
export const createTenantCommand = async (
  command: Extract<Command, { name: 'tenants create' }>,
  env: NodeJS.ProcessEnv,
): Promise<number> => {
  const key = env['FREIGHT_OPERATOR_KEY'];
  if (!key)
    throw new UserError(
      'FREIGHT_OPERATOR_KEY is not set: an API key of an operator\nSee: ./freight help tenants create',
      2,
    );
  if (!URL.canParse(command.url)) throw new UserError(`--url is not an address: ${command.url}`, 2);
  const api = createFreightApi(command.url, key);
  const body = { name: command.tenantName, slug: command.slug };
  const { tenant, apiKey } = await api.post('/v1/tenants', body, tenantCreated);
  process.stdout.write(`tenant   ${tenant.id}\nAPI key  ${apiKey.secret ?? 'not shown again'}\n`);
  if (apiKey.secret !== null) process.stderr.write('The key is shown once: keep it.\n');
  return 0;
};
