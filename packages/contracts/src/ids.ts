import { z } from 'zod';

/** A UUID in lower case, as Freight makes and stores them. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}$/, 'must be a UUID in lower case')
  .meta({ format: 'uuid', example: '0192f0a4-7c1e-7c35-9b0a-3f5d2c8e1a77' });

/**
 * The tenant of the operators: their keys, commands and audit entries live here, and no customer's data ever does.
 * A fixed, valid UUID, so that every tenant-scoped table and subject treats operators like everybody else.
 */
export const platformTenantId = '00000000-0000-7000-8000-000000000000';
