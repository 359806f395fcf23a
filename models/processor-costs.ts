import { sendMode } from './outgoing.ts';
import type { Scenario } from './scenario/schema.ts';
import { productOf } from './stores/product.ts';

/**
 * What a node's processors spend on requests and messages beside the application.
 *
 * Model: every piece of work has a cost, and one more if it finds a free processor, because a thread must be woken for
 * it: the poller and the worker of a request, the dispatcher of its message, the receiver of a message. Where messages are
 * acknowledged, nothing is done in batches: each comes alone over its sender's own connection and wakes its receiver, and
 * the thread that goes on after the acknowledgements is one that sleeps.
 */
export class ProcessorCosts {
  /** A request [ns]; waking its poller, and its worker. */
  readonly requestNs: number;
  readonly requestWakeNs: number;
  /** Whether a message of a request is handed to a dispatcher thread at a price; waking it [ns]. */
  readonly isDispatched: boolean;
  readonly dispatchWakeNs: number;
  private readonly dispatchNs: number;
  readonly receiveWakeNs: number;
  readonly answerNs: number;
  private readonly sendNs: number;
  private readonly sendNsPerByte: number;

  constructor({ calibration, channel, replication }: Scenario) {
    const usesChannel = productOf(replication.strategy) === null && replication.strategy !== 'none';
    const options = replication.strategy === 'backup' ? replication.mapSendOptions : channel.sendOptions;
    const isAsynchronous = usesChannel && sendMode(options).isAsynchronous;
    const ns = (us: number): number => Math.round(us * 1000);
    this.requestNs = ns(calibration.requestUs + (usesChannel ? calibration.managerUs : 0));
    this.requestWakeNs = ns(calibration.requestWakeUs);
    this.isDispatched = isAsynchronous && calibration.dispatchUs + calibration.dispatchWakeUs > 0;
    this.dispatchWakeNs = ns(calibration.dispatchWakeUs);
    this.dispatchNs = isAsynchronous ? calibration.dispatchUs * 1000 : 0;
    this.sendNs = calibration.messageSendUs * 1000 + this.dispatchNs;
    this.sendNsPerByte = calibration.messageSendNsPerByte;
    this.receiveWakeNs = ns(calibration.messageReceiveWakeUs);
    this.answerNs = ns(calibration.ackReceiveUs);
  }

  /** More for a message that is acknowledged: it comes alone and always wakes its receiver [ns]. */
  aloneNs(): number {
    return this.receiveWakeNs;
  }

  /** To serialise a message and hand it on [ns]. */
  send(bytes: number): number {
    return Math.round(this.sendNs + this.sendNsPerByte * bytes);
  }

  /**
   * Of what a request spends on its messages, the part of dispatcher threads [ns]; the caller's thread serialises.
   * @see source: Tribes GroupChannel.send, which serialises before MessageDispatchInterceptor.sendMessage queues.
   */
  ofDispatcher(sendNs: number, messages: number): number {
    return this.isDispatched ? Math.min(sendNs, Math.round(this.dispatchNs * messages)) : 0;
  }
}
