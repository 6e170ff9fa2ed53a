import { uuid } from '@freight/contracts';
import { z } from 'zod';

export const connectionParams = z.strictObject({ connectionId: uuid });
