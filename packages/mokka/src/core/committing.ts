/**
 * Rule *commit*: a quorum of commit votes of one epoch, one term and one hash commits an entry and all before it. The leader
 * collects votes of its own term only; certificates of any term are accepted, whoever assembled them.
 */

import type { StorageOperation } from '../storage/storage.ts';
import { type Certificate, type CommitCertificate, isCommitCertificate } from './certificate.ts';
import type { CoreContext, Done } from './context.ts';
import { deleteEntriesFrom, persist, putEntry, putTerm } from './durability.ts';
import type { Entry } from './entry.ts';
import { beginEpoch, updatePeers } from './epoch-change.ts';
import { dropAbove } from './leadership.ts';
import { raiseLock } from './lock.ts';
import { forgiveCommitted, noteStatement, noteUnverified, noteVotesIn } from './misbehaviour.ts';
import { checkOwnVote, checkOwnVoteIn } from './own-key.ts';
import {
  certificateOfTally,
  countPrepareVote,
  onPrepareCertificate,
  tallied,
} from './preparing.ts';
import { enterTerm } from './promise.ts';
import type { Vote } from './statements.ts';
import { checkTrustedUpTo } from './trusted-entry.ts';
import type { NodeId, Term } from './types.ts';
import { verifyCertificate } from './verification.ts';

/** A vote that arrived. */
export function onVote(context: CoreContext, from: NodeId, vote: Vote): Done {
  if (!context.validators.includes(vote.voter)) return context.ignore('not-a-validator');
  if (vote.epoch !== context.epoch) return context.ignore('other-epoch');
  const isPrepare = vote.phase === 'prepare';
  if (isPrepare && context.crashModel === 'CFT') return context.ignore('other-phase');
  if (vote.voter === context.self) {
    if (context.signer.verify(vote)) checkOwnVote(context, vote);
    return;
  }
  const peer = context.peers.get(from);
  if (vote.voter === from && peer !== undefined && vote.index > (peer.last?.index ?? 0)) {
    peer.last = { index: vote.index, hash: vote.hash };
  }
  if (vote.index <= context.log.committed.index) return context.ignore('already-committed');
  if (!isCountable(context, vote)) {
    noteUnverified(context, vote);
    return context.ignore('vote-for-another-chain');
  }
  const tallies = isPrepare ? context.preparation.tallies : context.tallies;
  const known = tallies.get(vote.index)?.votes.has(vote.voter) === true;
  if (known) return context.ignore('vote-known');
  if (!context.signer.verify(vote)) return context.ignore('bad-signature');
  noteStatement(context, vote);
  countVote(context, vote);
}

/** Rule *commit*: only votes of the term this node leads (or led last), for the entry it proposed there. */
function isCountable(context: CoreContext, vote: Vote): boolean {
  const entry = context.log.get(vote.index);
  return vote.term === context.ledTerm && entry?.hash === vote.hash && isOfTerm(entry, vote.term);
}

/** Rule *vote*: votes of a term are for entries of it, or for a membership entry certified again in place. */
function isOfTerm(entry: Entry, term: Term): boolean {
  return entry.term === term || (entry.kind === 'membership' && entry.term < term);
}

/** Counts a verified vote, or the own one once it is durable. */
export function countVote(context: CoreContext, vote: Vote): Done {
  if (vote.index <= context.log.committed.index || !isCountable(context, vote)) return;
  if (vote.phase === 'prepare') return countPrepareVote(context, vote);
  const tally = tallied(context.tallies, vote);
  if (tally.votes.size < context.quorum) return;
  const certificate: CommitCertificate = { ...certificateOfTally(vote, tally), phase: 'commit' };
  context.broadcast({ type: 'certificate', certificate });
  commitTo(context, certificate);
}

/** A certificate that arrived, of any term and from anyone. */
export function onCertificate(context: CoreContext, from: NodeId, certificate: Certificate): Done {
  if (!isCommitCertificate(certificate)) return onPrepareCertificate(context, certificate);
  const { log } = context;
  const { committed } = log;
  if (certificate.index <= committed.index) {
    if (!log.conflicts(certificate)) return context.ignore('already-committed');
  } else if (context.ahead !== null && certificate.index <= context.ahead.index) {
    if (!log.contains(certificate)) return context.ignore('certificate-known');
  }
  // The keys of another epoch's validators prove nothing here.
  if (certificate.epoch !== context.epoch) return context.ignore('other-epoch');
  if (!verifyCertificate(certificate, context, context.signer)) {
    return context.ignore('bad-certificate');
  }
  noteVotesIn(context, certificate);
  if (certificate.index <= committed.index) return haltOnConflict(context, certificate);
  checkOwnVoteIn(context, certificate);
  if (context.halted !== null) return;
  acceptCertificate(context, certificate);
  if (context.ahead === certificate) context.aheadFrom = from;
}

/** The certificate is verified: commit, or remember it until its entry is here. */
export function acceptCertificate(context: CoreContext, certificate: CommitCertificate): Done {
  const { log } = context;
  takeCertifiedProposals(context, certificate);
  if (log.contains(certificate)) return commitTo(context, certificate);
  if (context.ahead === null || certificate.index > context.ahead.index) {
    context.ahead = certificate;
    context.changed = true;
  }
}

/** Proposals that wait for the application are stored without a vote when a certificate proves them. */
function takeCertifiedProposals(context: CoreContext, certificate: CommitCertificate): Done {
  const { log, incoming } = context;
  if (incoming.get(certificate.index)?.hash !== certificate.hash) return;
  const entries: Entry[] = [];
  let parent = log.tip.hash;
  for (let index = log.tip.index + 1; index <= certificate.index; index += 1) {
    const entry = incoming.get(index);
    if (entry === undefined || entry.parentHash !== parent) return;
    entries.push(entry);
    parent = entry.hash;
  }
  for (const entry of entries) {
    log.append(entry);
    incoming.delete(entry.index);
    context.event({ type: 'log', entry });
  }
  raiseLock(context, certificate);
  persist(
    context,
    entries.flatMap(putEntry),
    entries.map((entry) => ({ type: 'synced', id: { index: entry.index, hash: entry.hash } })),
  );
}

/** The log contains the certified entry: everything up to it is committed. */
export function commitTo(context: CoreContext, certificate: CommitCertificate): Done {
  const { log } = context;
  if (certificate.index <= log.committed.index) return;
  const entry = log.get(certificate.index);
  if (entry === undefined || !isOfTerm(entry, certificate.term)) {
    if (context.ahead?.hash === certificate.hash) context.ahead = null;
    return context.ignore('certificate-of-another-term');
  }
  if (!checkTrustedUpTo(context, certificate.index)) return;
  const parentIndex = log.committed.index;
  log.commit(certificate);
  if (context.unsavedCertificates.length === 0) context.unsavedSince = context.now;
  context.unsavedCertificates.push(certificate);
  if (context.ahead !== null && context.ahead.index <= certificate.index) context.ahead = null;
  for (const index of context.ownVotes.keys()) {
    if (index > certificate.index) continue;
    context.ownVotes.delete(index);
    context.syncedVotes.delete(index);
  }
  const { preparation } = context;
  for (const byIndex of [
    context.tallies,
    context.proposedAt,
    preparation.tallies,
    preparation.commitVotes,
  ]) {
    for (const index of byIndex.keys()) if (index <= certificate.index) byIndex.delete(index);
  }
  for (const index of preparation.syncedCommitVotes) {
    if (index <= certificate.index) preparation.syncedCommitVotes.delete(index);
  }
  forgiveCommitted(context);
  context.election.failedTerms = 0;
  context.lastProgressAt = context.now;
  context.changed = true;
  if (entry.kind === 'membership') return beginEpoch(context, entry, certificate);
  if (certificate.term > context.term) enterTerm(context, certificate.term);
  // Whoever the last change removed has had its chance to hear of it.
  if (parentIndex === context.since && parentIndex > 0) updatePeers(context);
}

/**
 * Stores a chain that is known to be right: certified, or up to the anchor of a verified proof. `entries` are consecutive
 * and start just above the committed entry. Drops what conflicts. False when that would break a promise (the node halts).
 * `certificate` is the one that proves the last of them, where there is one: the lock rises to it.
 */
export function mergeChain(
  context: CoreContext,
  entries: readonly Entry[],
  term: number,
  certificate?: Certificate,
): boolean {
  const { log } = context;
  const at = entries.findIndex((entry) => !log.contains(entry));
  if (at === -1) {
    raiseLock(context, certificate);
    return true;
  }
  const added = entries.slice(at);
  const first = added[0];
  if (first === undefined) return true;
  const operations: StorageOperation[] = [];
  if (log.tip.index >= first.index) {
    const to = { index: (first.index - 1) as Entry['index'], hash: first.parentHash };
    if (log.tip.term > term) {
      context.halt(
        'conflicting-commit',
        `entry ${log.tip.index} is of a later term than an agreed chain that conflicts with it`,
      );
      return false;
    }
    dropAbove(context, to);
    // With the term: a restarted node must not know of the drop and not of the proof that it came from.
    operations.push(...deleteEntriesFrom(first.index), putTerm(context));
  }
  for (const entry of added) {
    log.append(entry);
    context.incoming.delete(entry.index);
  }
  raiseLock(context, certificate);
  operations.push(...added.flatMap(putEntry));
  persist(
    context,
    operations,
    added.map((entry) => ({ type: 'synced', id: { index: entry.index, hash: entry.hash } })),
  );
  context.changed = true;
  return true;
}

function haltOnConflict(context: CoreContext, certificate: CommitCertificate): Done {
  context.halt(
    'conflicting-commit',
    `a valid certificate of term ${certificate.term} commits ${certificate.hash} at index ` +
      `${certificate.index}, where ${context.log.hashAt(certificate.index) ?? 'another entry'} is committed`,
  );
}
