import { uuid } from '@freight/contracts';
import { z } from 'zod';

export const tenantParams = z.strictObject({ tenantId: uuid });
