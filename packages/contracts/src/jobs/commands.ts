import { z } from 'zod';
import { uuid } from '../ids.ts';
import { createJobBody } from './config.ts';

const noReason = z.object({ jobId: uuid });

/** The commands that the job service takes from its subjects, by type; each body as it travels. */
export const jobCommands = {
  'create-job': z.object({ jobId: uuid, request: createJobBody }),
  'start-job': z.object({ jobId: uuid, runId: uuid }),
  'pause-job': noReason,
  'resume-job': noReason,
  'cancel-job': noReason,
  'delete-job': noReason,
} as const;

export type JobCommandType = keyof typeof jobCommands;
