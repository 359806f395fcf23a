import { type CallAbout, StoreCall, type StoreCaller } from '../stores/store-call.ts';
import type { StoreServers } from '../stores/store-servers.ts';
import { None } from './none.ts';
import type { StrategyHost } from './strategy.ts';

/** What all strategies that keep sessions in a store share: calls, who waits for them, and the time they cost a Tomcat. */
export abstract class StoreStrategy extends None implements StoreCaller {
  protected readonly servers: StoreServers;
  /** Processor time of a Tomcat per operation [ns]. */
  protected readonly clientNs: number;

  constructor(host: StrategyHost, servers: StoreServers) {
    super(host);
    this.servers = servers;
    this.clientNs = Math.round(host.scenario.calibration.storeClientUs * 1000);
  }

  /** Sends a call. @param readyNs - when the node has it ready [ns]. */
  protected call(about: CallAbout, readyNs = this.host.sim.nowNs): void {
    const { requests, sessions } = this.host;
    const { slot, session } = about;
    const state = {
      generation: slot < 0 ? 0 : requests.generation[slot],
      epoch: session < 0 ? 0 : sessions.epoch.get(session),
      mutations: session < 0 ? 0 : sessions.mutations.get(session),
    };
    this.servers.send(new StoreCall(about, this, state), readyNs);
  }

  /** As `call`, and the thread of the request waits for the answer before it responds. */
  protected callAndWait(about: CallAbout): void {
    this.host.requests.awaited[about.slot] += 1;
    this.call(about);
  }

  /** Whether the request of a call is still under way. */
  protected isCurrent(call: StoreCall): boolean {
    return call.slot >= 0 && this.host.requests.generation[call.slot] === call.generation;
  }

  /** One answer that a thread waited for. */
  protected answered(slot: number): void {
    const { requests } = this.host;
    requests.awaited[slot] -= 1;
    if (requests.awaited[slot] === 0) this.host.resume(slot);
  }

  abstract storeApplied(call: StoreCall): void;
  abstract storeAnswered(call: StoreCall, isAnswered: boolean): void;
}
