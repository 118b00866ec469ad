/** What a newcomer sees first: where to connect, with which accounts, and where the data lives. */
import { formatTable } from './table.ts';

export interface BannerAccount {
  readonly address: string;
  readonly privateKey: string;
}

export interface Banner {
  readonly nodes: readonly {
    readonly id: number;
    readonly rpc: string;
    readonly p2p: string;
    readonly publicKey: string;
    readonly role: string;
  }[];
  readonly chainId: string;
  readonly blockNumber: number;
  readonly mining: string;
  readonly tolerance: string;
  readonly data: string;
  /** Null outside development mode, where a node holds no account's key. */
  readonly development: {
    readonly mnemonic: string;
    readonly balanceEther: string;
    readonly accounts: readonly BannerAccount[];
  } | null;
}

/** Lines of the banner. */
export function formatBanner(banner: Banner): string[] {
  const nodes = formatTable(
    ['node', 'RPC', 'peer address', 'public key', 'role'],
    banner.nodes.map(({ id, rpc, p2p, publicKey, role }) => [
      id,
      rpc,
      p2p.slice(0, p2p.lastIndexOf('/')),
      publicKey,
      role,
    ]),
  );
  return [
    ...nodes,
    '',
    `Chain id  ${banner.chainId}`,
    `Block     ${banner.blockNumber}`,
    `Mining    ${banner.mining}`,
    `Faults    ${banner.tolerance}`,
    `Data      ${banner.data}`,
    ...(banner.development === null ? [] : accountLines(banner.development)),
    '',
    'Any web3 client can use any of the RPC addresses. Ctrl-C stops the network; the same command continues it.',
    '',
  ];
}

function accountLines({
  accounts,
  balanceEther,
  mnemonic,
}: NonNullable<Banner['development']>): string[] {
  return [
    '',
    `Accounts (${balanceEther} ETH each in the genesis block)`,
    ...formatTable(
      ['', 'address', 'private key'],
      accounts.map(({ address, privateKey }, index) => [index, address, privateKey]),
    ),
    `Mnemonic  ${mnemonic}`,
    'These keys are public. Never send anything of value to these accounts on another network.',
  ];
}
