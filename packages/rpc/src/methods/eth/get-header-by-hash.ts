import { formatHeader } from '../../format/header.ts';
import { defineMethod } from '../../method.ts';
import { blockHashParameter } from '../../parameters/common.ts';
import { EXAMPLE_BLOCK } from '../examples.ts';

export const ethGetHeaderByHash = defineMethod({
  name: 'eth_getHeaderByHash',
  summary: 'A header by the hash of its block.',
  params: [blockHashParameter],
  result: 'The header, null when there is none.',
  peers: ['geth'],
  errors: [],
  example: {
    params: [EXAMPLE_BLOCK],
    result: {
      baseFeePerGas: '0x2dac3744',
      blobGasUsed: '0x0',
      difficulty: '0x0',
      excessBlobGas: '0x0',
      extraData: '0x',
      gasLimit: '0x1c9c380',
      gasUsed: '0x5618',
      hash: EXAMPLE_BLOCK,
      logsBloom: '0x000000000000000000000000...00000000',
      miner: '0xc0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0c0',
      mixHash: '0xea10aefce4d69962a5c0ac5e64d1fbe0cd82723eb57c60d1d1e8814fcf5afcfb',
      nonce: '0x0000000000000000',
      number: '0x2',
      parentBeaconBlockRoot: `0x${'00'.repeat(31)}00`,
      parentHash: '0x7615969c8c1284b16d1f79cb86b8b8bd98677f9ef1a4efb6f750b770807f6102',
      receiptsRoot: '0x62b5d6e5876d356c3723c9d545b7cf0a06f8743f4113cd9761b6a42f85dae528',
      requestsHash: '0xe3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
      sha3Uncles: '0x1dcc4de8dec75d7aab85b567b6ccd41ad312451b948a7413f0a142fd40d49347',
      stateRoot: '0x8709a4816d7e4d27370068c007b36712935d01c065ccfd15e7a527bd86d1ae31',
      timestamp: '0x2',
      transactionsRoot: '0x7ae3095e1a3ae3376d2162dc3a28e8728673cbd0ba329f673f2f0ad5e6eea2b9',
      withdrawalsRoot: '0x56e81f171bcc55a6ff8345e692c0f86e5b48e01b996cadc001622fb5e363b421',
    },
  },
  handler: ([hash], { backend }) => {
    const header = backend.reader.header({ hash });
    return header === undefined ? null : formatHeader(header);
  },
});
