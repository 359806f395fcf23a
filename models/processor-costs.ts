import { sendMode } from './outgoing.ts';
import type { Scenario } from './scenario/schema.ts';
import { productOf } from './stores/product.ts';

/**
 * What a node's processors spend on requests and messages beside the application.
 *
 * Model: every piece of work has a cost, and one more if it finds a free processor, because a thread must be woken for
 * it. The request, the serialisation of its message and the hand-over to a dispatcher thread are one piece; receiving a
 * message is one; going on after the acknowledgements of a synchronous send is one.
 */
export class ProcessorCosts {
  /** Per request [ns]. */
  readonly requestNs: number;
  private readonly requestWakeNs: number;
  private readonly sendWakeNs: number;
  readonly receiveWakeNs: number;
  readonly answerNs: number;
  readonly answerWakeNs: number;
  private readonly sendNs: number;
  private readonly sendNsPerByte: number;

  constructor({ calibration, channel, replication }: Scenario) {
    const usesChannel = productOf(replication.strategy) === null && replication.strategy !== 'none';
    const options = replication.strategy === 'backup' ? replication.mapSendOptions : channel.sendOptions;
    const isDispatched = usesChannel && sendMode(options).isAsynchronous;
    const ns = (us: number): number => Math.round(us * 1000);
    this.requestNs = ns(calibration.requestUs);
    this.requestWakeNs = ns(calibration.requestWakeUs);
    this.sendNs = calibration.messageSendUs * 1000 + (isDispatched ? calibration.dispatchUs * 1000 : 0);
    this.sendNsPerByte = calibration.messageSendNsPerByte;
    this.sendWakeNs = isDispatched ? ns(calibration.dispatchWakeUs) : 0;
    this.receiveWakeNs = ns(calibration.messageReceiveWakeUs);
    this.answerNs = ns(calibration.ackReceiveUs);
    this.answerWakeNs = ns(calibration.ackReceiveWakeUs);
  }

  /** More for a request that finds a free processor [ns]. */
  wakeNs(isReplicating: boolean): number {
    return isReplicating ? this.requestWakeNs + this.sendWakeNs : this.requestWakeNs;
  }

  /** To serialise a message and hand it on [ns]. */
  send(bytes: number): number {
    return Math.round(this.sendNs + this.sendNsPerByte * bytes);
  }
}
