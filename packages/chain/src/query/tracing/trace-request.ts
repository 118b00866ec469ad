/** What a client may ask of a trace, and the form of the answer. Names and shapes are geth's. */

export type TraceValue =
  | string
  | number
  | boolean
  | null
  | readonly TraceValue[]
  | { readonly [name: string]: TraceValue | undefined };

export type TraceOptions =
  | {
      /** Every step of the EVM. */
      readonly tracer: 'structLogger';
      readonly disableStack: boolean;
      readonly disableStorage: boolean;
      readonly enableMemory: boolean;
      readonly enableReturnData: boolean;
      /** Steps at most; zero for all. */
      readonly limit: number;
    }
  | { readonly tracer: 'callTracer'; readonly withLog: boolean; readonly onlyTopCall: boolean }
  | {
      readonly tracer: 'prestateTracer';
      /** What the transaction changed, before and after, instead of all it read. */
      readonly diffMode: boolean;
      readonly disableCode: boolean;
      readonly disableStorage: boolean;
    }
  | { readonly tracer: '4byteTracer' };

export interface TransactionTrace {
  readonly txHash: string;
  readonly result: TraceValue;
}
