/** A Hardhat 2 project as its users write one, but for the compiler: the one of the npm package, which needs no download. */
require('@nomicfoundation/hardhat-ethers');
require('@nomicfoundation/hardhat-chai-matchers');
const { subtask } = require('hardhat/config');
const { TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD } = require('hardhat/builtin-tasks/task-names');

subtask(TASK_COMPILE_SOLIDITY_GET_SOLC_BUILD, async () => ({
  compilerPath: process.env.PRALINE_SOLC,
  isSolcJs: true,
  version: process.env.PRALINE_SOLC_VERSION,
  longVersion: process.env.PRALINE_SOLC_VERSION,
}));

module.exports = {
  solidity: {
    version: process.env.PRALINE_SOLC_VERSION,
    settings: { optimizer: { enabled: true, runs: 200 } },
  },
  mocha: { reporter: 'json', reporterOptions: { output: process.env.PRALINE_REPORT } },
  // Without `gas`, Hardhat sends to `localhost` with a fixed limit of gas, and no estimate tells why something reverts.
  networks: { localhost: { url: process.env.PRALINE_URL, gas: 'auto' } },
};
