const { expect } = require('chai');
const { ethers } = require('hardhat');
const helpers = require('@nomicfoundation/hardhat-network-helpers');

const { time } = helpers;
const ACCOUNT = '0x00000000000000000000000000000000000d0001';
const COINBASE = '0x00000000000000000000000000000000000d0002';

/** What this file has called, to find what it has forgotten. */
const called = new Set();
function using(name) {
  called.add(name);
  return name.split('.').reduce((parent, key) => parent[key], helpers);
}

const facts = async () => {
  const [number, timestamp, coinbase, random, gasLimit] = await (
    await ethers.deployContract('Chain')
  ).facts({ blockTag: 'latest' });
  return { number, timestamp, coinbase, random, gasLimit };
};

describe('the network helpers', () => {
  let start;
  beforeEach(async () => {
    start = await helpers.takeSnapshot();
  });
  afterEach(async () => {
    await start.restore();
  });

  it('mine, one block or many, at intervals', async () => {
    const [number, at] = [await using('time.latestBlock')(), await using('time.latest')()];
    await using('mine')();
    await helpers.mine(5, { interval: 60 });
    expect(await time.latestBlock()).to.equal(number + 6);
    expect(await time.latest()).to.be.at.least(at + 4 * 60);
    await using('mineUpTo')(number + 10);
    expect(await time.latestBlock()).to.equal(number + 10);
    await using('time.advanceBlock')();
    await using('time.advanceBlockTo')(number + 13);
    expect(await time.latestBlock()).to.equal(number + 13);
  });

  it('mine a hundred blocks at once', async () => {
    const number = await time.latestBlock();
    await helpers.mine(100);
    expect(await time.latestBlock()).to.equal(number + 100);
  });

  it('move time', async () => {
    const at = await time.latest();
    expect(await using('time.increase')(1_000)).to.be.within(at + 1_000, at + 1_060);
    await using('time.increaseTo')(at + 5_000);
    expect(await time.latest()).to.equal(at + 5_000);
    await using('time.setNextBlockTimestamp')(at + 9_000);
    await helpers.mine();
    expect(await time.latest()).to.equal(at + 9_000);
    await expect(time.setNextBlockTimestamp(at)).to.be.rejected;
    const { years, weeks, days, hours, minutes, seconds, millis } = using('time.duration');
    expect([years, weeks, days, hours, minutes, seconds].map((of) => of(1))).to.deep.equal([
      31_536_000, 604_800, 86_400, 3_600, 60, 1,
    ]);
    expect(millis(1_000)).to.equal(1);
  });

  it('edit an account', async () => {
    await helpers.mine();
    await using('setBalance')(ACCOUNT, 10n ** 18n);
    expect(await ethers.provider.getBalance(ACCOUNT)).to.equal(10n ** 18n);
    await using('setNonce')(ACCOUNT, 7);
    expect(await ethers.provider.getTransactionCount(ACCOUNT)).to.equal(7);
    await using('setCode')(ACCOUNT, '0x60016000f3');
    expect(await ethers.provider.getCode(ACCOUNT)).to.equal('0x60016000f3');
    await using('setStorageAt')(ACCOUNT, 3, 99);
    expect(BigInt(await using('getStorageAt')(ACCOUNT, 3))).to.equal(99n);
    expect(BigInt(await helpers.getStorageAt(ACCOUNT, 3, 0))).to.equal(0n);
  });

  it('impersonate an account, and stop', async () => {
    const [recipient] = await ethers.getSigners();
    await helpers.setBalance(ACCOUNT, 10n ** 18n);
    await using('impersonateAccount')(ACCOUNT);
    const signer = await ethers.getSigner(ACCOUNT);
    const sent = await signer.sendTransaction({ to: recipient, value: 1n });
    expect((await sent.wait()).from).to.equal(ACCOUNT);
    const other = await ethers.getImpersonatedSigner(COINBASE);
    expect(other.address).to.equal(COINBASE);
    await using('stopImpersonatingAccount')(ACCOUNT);
    await expect(signer.sendTransaction({ to: recipient, value: 1n })).to.be.rejected;
  });

  it('set what the next blocks have', async () => {
    await using('setCoinbase')(COINBASE);
    await using('setPrevRandao')(42);
    const seen = await facts();
    expect(seen.coinbase).to.equal(COINBASE);
    expect(seen.random).to.equal(42n);
    await using('setBlockGasLimit')(12_000_000);
    await using('setNextBlockBaseFeePerGas')(123_456_789);
    await helpers.mine();
    const block = await ethers.provider.getBlock('latest');
    expect(block.gasLimit).to.equal(12_000_000n);
    expect(block.baseFeePerGas).to.equal(123_456_789n);
  });

  it('drop a transaction that waits', async () => {
    const [sender] = await ethers.getSigners();
    await ethers.provider.send('evm_setAutomine', [false]);
    try {
      const sent = await sender.sendTransaction({ to: ACCOUNT, value: 1n });
      expect(await using('dropTransaction')(sent.hash)).to.equal(true);
      await helpers.mine();
      expect(await ethers.provider.getTransaction(sent.hash)).to.equal(null);
    } finally {
      await ethers.provider.send('evm_setAutomine', [true]);
    }
  });

  it('go back to a snapshot, once and again', async () => {
    const snapshot = await using('takeSnapshot')();
    for (const balance of [1n, 2n]) {
      await helpers.setBalance(ACCOUNT, balance);
      expect(await ethers.provider.getBalance(ACCOUNT)).to.equal(balance);
      await snapshot.restore();
      expect(await ethers.provider.getBalance(ACCOUNT)).to.equal(0n);
    }
    let runs = 0;
    async function fixture() {
      runs += 1;
      return await time.latestBlock();
    }
    const block = await using('loadFixture')(fixture);
    await helpers.mine(2);
    expect(await helpers.loadFixture(fixture)).to.equal(block);
    expect(runs).to.equal(1);
    await using('clearSnapshots')();
    await helpers.loadFixture(fixture);
    expect(runs).to.equal(2);
  });
});

describe('the last of the network helpers', () => {
  it('reset the chain', async () => {
    await helpers.setBalance(ACCOUNT, 5n);
    await using('reset')();
    expect(await ethers.provider.getBlockNumber()).to.equal(0);
    expect(await ethers.provider.getBalance(ACCOUNT)).to.equal(0n);
  });

  it('were all called', () => {
    const names = Object.keys(helpers).flatMap((name) =>
      name === 'time' ? Object.keys(time).map((member) => `time.${member}`) : [name],
    );
    expect([...called].sort()).to.deep.equal(names.sort());
  });
});
