/** Ends an exhaustive switch: compiles only when every case has been handled. */
export const assertNever = (value: never): never => {
  throw new Error(`Unhandled case: ${JSON.stringify(value)}`);
};
