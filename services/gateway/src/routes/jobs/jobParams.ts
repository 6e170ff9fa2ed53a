import { uuid } from '@freight/contracts';
import { z } from 'zod';

export const jobParams = z.strictObject({ jobId: uuid });
