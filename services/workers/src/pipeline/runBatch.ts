import type { OutcomeCounts } from '@freight/contracts';
import type { BatchContext } from './context.ts';
import { runExtract } from './extract.ts';
import { runLoad } from './load.ts';
import { runPrepare } from './prepare.ts';
import { runSettle } from './settle.ts';

/** Does what a batch asks for and stores its result. @returns the outcomes of its records, where it has any. */
export const runBatch = async (context: BatchContext): Promise<OutcomeCounts | undefined> => {
  switch (context.claim.kind) {
    case 'prepare':
      await runPrepare(context);
      return undefined;
    case 'extract':
      await runExtract(context);
      return undefined;
    case 'load':
      return (await runLoad(context)).counts;
    case 'settle':
      await runSettle(context);
      return undefined;
  }
};
