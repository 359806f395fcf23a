import { readText } from '../import/source.ts';
import { parseScenarioText, type ScenarioText } from './scenario-text.ts';

/**
 * Reads a scenario file of at most 1 MiB.
 *
 * @throws InputError - `FILE:LINE: cause`.
 */
export function readScenarioFile(file: string): ScenarioText {
  return parseScenarioText(readText(file), file);
}
