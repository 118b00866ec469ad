/** Runs a call with a tracer on it, to its end as a transaction, so that what follows sees what it left. */
import type { JournaledState } from '../../state/journaled-state.ts';
import { EMPTY_ACCOUNT } from '../../state/journaled-state.ts';
import { type CallContext, type Message, runMessage } from '../call-run.ts';
import { inTime, type TraceBudget, type TransactionTracer } from './transaction-tracer.ts';

export interface TracedMessage {
  readonly context: CallContext;
  readonly message: Message;
  readonly gas: bigint;
  /** Is written to. */
  readonly state: JournaledState;
}

/** Throws what `runMessage` throws, and `trace-too-large`. */
export async function traceMessage<Result>(
  { context, message, gas, state }: TracedMessage,
  tracer: TransactionTracer<Result>,
  budget: TraceBudget,
): Promise<Result> {
  const { rules, coinbase, precompiles } = context;
  const { from, to = null, authorizationList = [] } = message;
  const { nonce } = state.getAccount(from) ?? EMPTY_ACCOUNT;
  tracer.begin?.(
    {
      from,
      to,
      nonce,
      gasLimit: gas,
      coinbase,
      chainId: rules.chainId(),
      authorizationList,
      precompiles: new Set(precompiles.keys()),
    },
    state,
  );
  const traced: CallContext = {
    ...context,
    freshState: () => state,
    isSettled: true,
    tracer: inTime(tracer, budget),
  };
  const { result } = await runMessage(traced, message, gas);
  return tracer.result(result.gasUsed);
}
