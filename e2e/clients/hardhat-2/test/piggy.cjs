const { expect } = require('chai');
const { ethers } = require('hardhat');
const { loadFixture, time } = require('@nomicfoundation/hardhat-network-helpers');
const { anyValue } = require('@nomicfoundation/hardhat-chai-matchers/withArgs');
const { PANIC_CODES } = require('@nomicfoundation/hardhat-chai-matchers/panic');

const DAY = 86_400;

describe('a contract under test', () => {
  async function deployPiggy() {
    const [owner, friend] = await ethers.getSigners();
    const opensAt = (await time.latest()) + DAY;
    const piggy = await ethers.deployContract('Piggy', [opensAt], { value: 1_000n });
    await piggy.waitForDeployment();
    return { piggy, owner, friend, opensAt };
  }

  async function deployAndSave() {
    const { piggy, friend, ...rest } = await loadFixture(deployPiggy);
    await piggy.connect(friend).save({ value: 77n });
    return { piggy, friend, ...rest };
  }

  it('starts from its fixture', async () => {
    const { piggy, owner, friend, opensAt } = await loadFixture(deployPiggy);
    expect(await piggy.owner()).to.equal(owner.address);
    expect(await piggy.opensAt()).to.equal(opensAt);
    await expect(piggy.connect(friend).save({ value: 5n }))
      .to.emit(piggy, 'Saved')
      .withArgs(friend.address, 5n);
    expect(await piggy.savings(friend.address)).to.equal(5n);
  });

  it('starts from the same state again, with another fixture built on the first', async () => {
    const { piggy, friend } = await loadFixture(deployPiggy);
    expect(await piggy.savings(friend.address)).to.equal(0n);
    const block = await time.latestBlock();
    await loadFixture(deployAndSave);
    expect(await piggy.savings(friend.address)).to.equal(77n);
    await loadFixture(deployPiggy);
    expect(await time.latestBlock()).to.equal(block);
    expect(await piggy.savings(friend.address)).to.equal(0n);
  });

  it('opens when its time has come, and moves the value', async () => {
    const { piggy, owner, opensAt } = await loadFixture(deployPiggy);
    await time.increaseTo(opensAt);
    await expect(piggy.open()).to.emit(piggy, 'Opened').withArgs(owner.address, 1_000n, anyValue);
    expect(await ethers.provider.getBalance(piggy)).to.equal(0n);
  });

  it('changes balances by what was sent', async () => {
    const { piggy, friend } = await loadFixture(deployPiggy);
    await expect(piggy.connect(friend).save({ value: 9n })).to.changeEtherBalances(
      [friend, piggy],
      [-9n, 9n],
    );
  });

  it('tells the reason of a revert, sent, called and deployed', async () => {
    const { piggy } = await loadFixture(deployPiggy);
    const factory = await ethers.getContractFactory('Piggy');
    await expect(factory.deploy(1)).to.be.revertedWith('opens in the past');
    await expect(piggy.silent()).to.be.revertedWithoutReason(ethers);
    await expect(piggy.silent.staticCall()).to.be.reverted;
    await expect(piggy.save({ value: 1n })).not.to.be.reverted;
  });

  it('tells a custom error with its arguments', async () => {
    const { piggy, friend, opensAt } = await loadFixture(deployPiggy);
    await expect(piggy.connect(friend).open())
      .to.be.revertedWithCustomError(piggy, 'NotOwner')
      .withArgs(friend.address);
    await time.setNextBlockTimestamp(opensAt - 1);
    await expect(piggy.open())
      .to.be.revertedWithCustomError(piggy, 'TooEarly')
      .withArgs(opensAt - 1, opensAt);
  });

  it('tells panics apart', async () => {
    const { piggy } = await loadFixture(deployPiggy);
    await expect(piggy.share(0)).to.be.revertedWithPanic(PANIC_CODES.DIVISION_BY_ZERO);
    await expect(piggy.at([1, 2], 2)).to.be.revertedWithPanic(
      PANIC_CODES.ARRAY_ACCESS_OUT_OF_BOUNDS,
    );
    await expect(piggy.spend(1)).to.be.revertedWithPanic(PANIC_CODES.ARITHMETIC_OVERFLOW);
  });

  it('mines a revert that was sent with a gas limit of its own', async () => {
    const { piggy } = await loadFixture(deployPiggy);
    const sent = await piggy.spend(1, { gasLimit: 100_000 });
    await expect(sent).to.be.reverted;
    expect(await ethers.provider.getTransactionReceipt(sent.hash)).to.include({ status: 0 });
  });

  it('finds past events', async () => {
    const { piggy, friend } = await loadFixture(deployAndSave);
    const [event, ...more] = await piggy.queryFilter(piggy.filters.Saved(friend.address));
    expect(more).to.have.length(0);
    expect(event.args.amount).to.equal(77n);
  });
});
