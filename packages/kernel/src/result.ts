/** The answer of something that may refuse: a value, never a thrown error. */
export type Result<T, E> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: E };

/** The accepted answer. */
export const ok = <T>(value: T): Result<T, never> => ({ ok: true, value });

/** The refused answer. */
export const err = <E>(error: E): Result<never, E> => ({ ok: false, error });
