export type * from './backend.ts';
export {
  type ErrorObject,
  invalidParams,
  RPC_ERROR_CODES,
  RpcError,
  type RpcErrorCode,
  serverError,
} from './errors.ts';
export { quantity } from './format/quantity.ts';
export type { JsonValue } from './json.ts';
export { DEFAULT_LIMITS, type RpcLimits } from './limits.ts';
export type { RpcLogger } from './logger.ts';
export {
  defineMethod,
  type Method,
  type MethodContext,
  type MethodDefinition,
  type MethodDescription,
  optional,
  type Parameter,
  PEERS,
  type Peer,
  required,
  withDefault,
} from './method.ts';
export { developmentModeMethods } from './methods/development/index.ts';
export { standardMethods } from './methods/index.ts';
export { blockSelector, blockTagOrNumber } from './parameters/block-selector.ts';
export { address, data, hash, parsedString, uint64, uint256, wei } from './parameters/hex.ts';
export { optionalField } from './parameters/optional-fields.ts';
export {
  type OpenRpcDocument,
  type OpenRpcExample,
  type OpenRpcMethod,
  openRpcDocument,
  type Schema as OpenRpcSchema,
} from './reference/open-rpc.ts';
export { type Authentication, authorizationOf } from './server/authentication.ts';
export type { HttpRoute, HttpRouteAnswer } from './server/http-handler.ts';
export { IpcError, type IpcErrorCode } from './server/ipc-error.ts';
export { namespacesOf } from './server/namespaces.ts';
export type { NetworkListenerOptions, TlsOptions } from './server/network-listener.ts';
export {
  createRpcServer,
  type RpcServer,
  type RpcServerOptions,
  type RpcServerStatistics,
} from './server/rpc-server.ts';
