/** Attio shows UTC with nanoseconds; ours end in six zeros because a clock of milliseconds knows no more. */
export const toNanos = (ms: number): string => `${new Date(ms).toISOString().slice(0, -1)}000000Z`;

const DATE = /^(\d{4})(?:-(\d{2}))?(?:-(\d{2}))?$/;
const TIME = /^(\d{4}-\d{2}-\d{2})[T ](\d{2}:\d{2}(?::\d{2})?)(?:\.(\d+))?(Z|z|[+-]\d{2}:?\d{2})?$/;

/** Milliseconds of an ISO 8601 text; without a zone it is UTC. `undefined` when it is no such text. */
export function parseInstant(text: string): number | undefined {
  const date = DATE.exec(text);
  if (date !== null) return checked(`${date[1]}-${date[2] ?? '01'}-${date[3] ?? '01'}T00:00:00Z`);
  const time = TIME.exec(text);
  if (time === null) return undefined;
  const [, day, clock = '', fraction = '', zone = 'Z'] = time;
  const seconds = clock.length === 5 ? `${clock}:00` : clock;
  const offset = /^[+-]\d{4}$/.test(zone) ? `${zone.slice(0, 3)}:${zone.slice(3)}` : zone.toUpperCase();
  return checked(`${day}T${seconds}.${fraction.padEnd(3, '0').slice(0, 3)}${offset}`);
}

/** The UTC day of an ISO 8601 text: `2023` becomes `2023-01-01`, a time with an offset is converted to UTC first. */
export function parseDay(text: string): string | undefined {
  const ms = parseInstant(text);
  return ms === undefined ? undefined : new Date(ms).toISOString().slice(0, 10);
}

/** `Date.parse` rolls 31 February over to March; a day that does not exist is refused instead. */
function checked(iso: string): number | undefined {
  const ms = Date.parse(iso);
  if (Number.isNaN(ms)) return undefined;
  const day = iso.slice(0, 10);
  return new Date(Date.parse(`${day}T00:00:00Z`)).toISOString().startsWith(day) ? ms : undefined;
}
