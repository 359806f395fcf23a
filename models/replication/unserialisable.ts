import { requestDoes } from '../requests.ts';
import type { StrategyHost } from './strategy.ts';

/**
 * Whether the delta of a request is lost because an object inside one of its attributes cannot be serialised.
 *
 * Model: the delta has been taken out of the session when serialisation throws, so no later delta repeats it. The write
 * stays at its node and is counted like a change in place: lost when another node takes the session over.
 * @see source: Tomcat 10.1 DeltaManager.requestCompleted, LazyReplicatedMap.replicate; measured for DeltaManager.
 */
export function losesDelta(host: StrategyHost, slot: number): boolean {
  const { unserialisableRatio } = host.scenario.misconfiguration;
  const { requests, sessions, ledger } = host;
  if (unserialisableRatio === 0 || requests.does[slot] !== requestDoes.WRITE) return false;
  const session = requests.session[slot];
  const where = host.uniform('unserialisable', sessions.client.get(session), sessions.request.get(session));
  if (where >= unserialisableRatio) return false;
  sessions.mutate(session, requests.node[slot]);
  ledger.neverAnswered(session, requests.wrote[slot]);
  return true;
}
