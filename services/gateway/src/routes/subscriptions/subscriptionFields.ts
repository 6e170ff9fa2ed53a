import { uuid } from '@freight/contracts';
import { z } from 'zod';

export const subscriptionParams = z.strictObject({ subscriptionId: uuid });
