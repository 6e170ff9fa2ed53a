import { commandAccepted } from '@freight/contracts';

/** The answer of every command that has no reply yet. */
export const accepted = {
  202: {
    description: 'It is recorded and will be carried out; its reply can be read at `Location`.',
    schema: commandAccepted,
  },
};
