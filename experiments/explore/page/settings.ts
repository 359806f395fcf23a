import type { Tree } from '../protocol.ts';
import { byId, make } from './dom.ts';
import { resized, type State, valueAt, withValue } from './state.ts';

type Input = HTMLInputElement | HTMLSelectElement;

/** The form of the settings; what it does not show stays as it was written. */
export class Settings {
  private readonly form = byId<HTMLFormElement>('settings');
  private state: State;

  /** @param changed - the user has changed something that can be read. */
  constructor(state: State, changed: (state: State) => void) {
    this.state = state;
    this.form.addEventListener('submit', (event) => event.preventDefault());
    this.form.addEventListener('change', (event) => {
      const input = event.target as Input;
      if (!input.dataset.path || !input.checkValidity()) {
        input.reportValidity();
        return;
      }
      this.state = this.changed(input);
      changed(this.state);
    });
  }

  private changed(input: Input): State {
    const { scenario } = this.state;
    const path = input.dataset.path!;
    if (path === 'compare') return { scenario, compare: input.value === '' ? null : input.value };
    if (path === 'replication.strategy')
      return { ...this.state, scenario: { ...scenario, replication: { strategy: input.value } } };
    const value = path === 'balancer.type' ? input.value : Number(input.value);
    if (path === 'nodes') return { ...this.state, scenario: resized(scenario, Number(value)) };
    return { ...this.state, scenario: withValue(scenario, path, value) };
  }

  /** Shows a state. */
  show(state: State): void {
    this.state = state;
    for (const input of this.form.querySelectorAll<Input>('[data-path]')) {
      const path = input.dataset.path!;
      const value = path === 'compare' ? (state.compare ?? '') : shown(state.scenario, path, input.dataset.default!);
      if (input instanceof HTMLSelectElement && ![...input.options].some((option) => option.value === value)) {
        input.append(make('option', { value }, value));
      }
      if (input.value !== value) input.value = value;
    }
  }
}

function shown(scenario: Tree, path: string, byDefault: string): string {
  const value = valueAt(scenario, path);
  if (path === 'nodes' && Array.isArray(value)) return String(value.length);
  return value === undefined ? byDefault : String(value);
}
