import { stringify } from 'yaml';
import { parseScenarioText } from '../../lib/scenario-text.ts';
import type { Tree } from '../protocol.ts';

/** A scenario as the text of a YAML file; what it says nothing of has its default. */
export function scenarioText(tree: Tree): string {
  return `# A scenario of Replisim: npx tsx experiments/simulate.ts --scenario FILE\n${stringify(tree, { lineWidth: 110, flowCollectionPadding: true })}`;
}

/** @throws InputError - `scenario:LINE: cause`. */
export function parseText(text: string): Tree {
  return parseScenarioText(text, 'scenario').value as Tree;
}
