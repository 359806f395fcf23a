import type { ScenarioProblem } from '../../models/scenario/parse-scenario.ts';
import { InputError, oneLine } from './input-error.ts';

/** Most lines printed for one input; beyond it a mistake repeats itself. */
const mostLines = 20;

/** Several things wrong with one input, one line each. */
export class InputErrors extends InputError {
  constructor(lines: readonly string[]) {
    super(lines[0]);
    const more = lines.length - mostLines;
    const shown = lines.slice(0, mostLines).map((line) => oneLine(line));
    this.message = [...shown, ...(more > 0 ? [`and ${more} more`] : [])].join('\n');
    this.name = 'InputErrors';
  }
}

/** Says where a path of the scenario was written, for example `shop.yaml:12` or `--load`. */
export type PlaceOf = (path: string) => string;

/** The problems of a scenario as one line each: `PLACE: path: value: what is allowed`. */
export function placed(problems: readonly ScenarioProblem[], placeOf: PlaceOf): InputErrors {
  return new InputErrors(problems.map(({ path, message }) => `${placeOf(path)}: ${path || 'scenario'}: ${message}`));
}
