import { type Damage, type DamageReport, damageInputSchema, type ParsedDamageInput } from '../../control/types.ts';
import { createRandom, shuffled } from '../../random.ts';
import type { AttioState } from '../model/state.ts';
import { type Done, strike } from './strike.ts';
import { allThings, nameOf, type Thing, thingIn } from './things.ts';

/**
 * Damage on purpose, for whoever has to prove that damage is found. The API never tells of it; the control door tells all of it.
 * Every choice comes from the given seed.
 */
export interface Damages {
  /** Strikes at once, or arms for the writes to come. Answers with what was struck by this call. @throws ZodError */
  add(input: unknown): DamageReport;
  /** Called with the answer to every write that was carried out. */
  afterWrite(answer: unknown): void;
  report(): DamageReport;
  /** Nothing waits for writes any more; what is damaged stays so. */
  disarm(): void;
}

interface Armed {
  readonly input: ParsedDamageInput;
  readonly random: () => number;
  spared: number;
  left: number;
}

export function createDamages(state: AttioState): Damages {
  const done: { readonly damage: Omit<Damage, 'stands'>; readonly isStanding: () => boolean }[] = [];
  const struck = new Set<string>();
  let armed: Armed[] = [];

  const isStruck = (id: string): boolean => struck.has(id);
  const keep = (input: ParsedDamageInput, { isStanding, ...rest }: Done): void => {
    for (const id of [...rest.ids, ...rest.alsoChanged.map(each => each.id)]) struck.add(id);
    done.push({ damage: { id: done.length + 1, kind: input.kind, when: input.when, ...rest }, isStanding });
  };
  const reportFrom = (first: number): DamageReport => ({
    damages: done.slice(first).map(({ damage, isStanding }) => ({ ...damage, stands: isStanding() })),
    armed: armed.map(({ input, left }) => ({ input, left })),
  });

  const strikeNow = (input: ParsedDamageInput): void => {
    const random = createRandom(input.seed);
    const first = done.length;
    for (const thing of shuffled([...allThings(state, input)], random)) {
      if (done.length - first >= input.times) return;
      const result = strike({ state, input, random, isStruck }, thing);
      if (result !== undefined) keep(input, result);
    }
  };

  return {
    add(raw) {
      const input = damageInputSchema.parse(raw);
      const first = done.length;
      if (input.when === 'now') strikeNow(input);
      else armed.push({ input, random: createRandom(input.seed), spared: 0, left: input.times });
      return reportFrom(first);
    },
    afterWrite(answer) {
      if (armed.length === 0) return;
      const thing = thingIn(state, answer);
      if (thing === undefined) return;
      for (const one of armed) {
        if (!isWanted(one.input, thing)) continue;
        if (one.spared < one.input.afterWrites) {
          one.spared += 1;
          continue;
        }
        if (one.random() >= one.input.probability) continue;
        const result = strike({ state, input: one.input, random: one.random, isStruck }, thing);
        if (result === undefined) continue;
        keep(one.input, result);
        one.left -= 1;
        break;
      }
      armed = armed.filter(one => one.left > 0);
    },
    report: () => reportFrom(0),
    disarm() {
      armed = [];
    },
  };
}

function isWanted({ object, list }: ParsedDamageInput, thing: Thing): boolean {
  const name = nameOf(thing);
  return (object === undefined || object === name.object) && (list === undefined || list === name.list);
}
