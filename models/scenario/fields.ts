import { z } from 'zod';

/** What every field of a scenario says about itself: it becomes the JSON Schema, the error text and the README table. */
export interface FieldText {
  /** Meaning, one phrase. */
  readonly text: string;
  /** Unit of the value; empty for counts, ratios and names. */
  readonly unit?: string;
  /** Where the default comes from: class and version, measurement, or `assumed` (then it belongs to the sensitivity sweep). */
  readonly source: string;
}

interface Range {
  readonly min?: number;
  readonly max?: number;
}

function describe({ text, unit, source }: FieldText): { description: string; unit: string; source: string } {
  return { description: `${text}${unit ? ` [${unit}]` : ''}. Source: ${source}.`, unit: unit ?? '', source };
}

/** A finite real number in [min, max] with a default. */
export function real(value: number, field: FieldText & Range): z.ZodDefault<z.ZodNumber> {
  return z
    .number()
    .min(field.min ?? 0)
    .max(field.max ?? 1e12)
    .default(value)
    .meta(describe(field));
}

/** A whole number in [min, max] with a default. */
export function whole(value: number, field: FieldText & Range): z.ZodDefault<z.ZodNumber> {
  return z
    .number()
    .int()
    .min(field.min ?? 0)
    .max(field.max ?? 1e9)
    .default(value)
    .meta(describe(field));
}

/** A ratio in [0, 1] with a default. */
export function ratio(value: number, field: FieldText): z.ZodDefault<z.ZodNumber> {
  return real(value, { ...field, min: 0, max: 1 });
}

/** A switch with a default. */
export function flag(value: boolean, field: FieldText): z.ZodDefault<z.ZodBoolean> {
  return z.boolean().default(value).meta(describe(field));
}

/** One of a few words with a default. */
export function word<const T extends readonly [string, ...string[]]>(
  words: T,
  value: NoInfer<T[number]>,
  field: FieldText,
): z.ZodDefault<z.ZodType<T[number], T[number]>> {
  const schema: z.ZodType<T[number], T[number]> = z.enum(words) as never;
  return schema.default(value as never).meta(describe(field)) as never;
}

/** Names that end up in files and CSV cells: a safe alphabet, so that nothing ever needs escaping. */
export const safeName = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,79}$/, {
  error: 'letters, digits, ".", "_" and "-", at most 80, starting with a letter or digit',
});
