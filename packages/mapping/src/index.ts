export { schemaChanges } from './changes.ts';
export { type Agreement, type CompiledField, compileObject } from './compile.ts';
export { calendarDay } from './convert/calendarDay.ts';
export {
  type Conversion,
  type Converted,
  convert,
  type TargetReference,
  type TargetValue,
  type TargetValueOf,
} from './convert/convert.ts';
export { countryCode } from './convert/country.ts';
export { htmlToMarkdown } from './convert/markdown.ts';
export type { ValueProblem, ValueProblemCode } from './convert/problem.ts';
export { canBecome } from './fit.ts';
export { proposeMapping } from './propose.ts';
export { sourceFields } from './sourceFields.ts';
export { validateMapping } from './validate.ts';
