package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.Entry;
import io.trueup.tree.VersionVector.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * One key at one cut: what each replica that was heard holds, and the questions that rules ask about it.
 *
 * <ul>
 *   <li>An entry is <em>judgeable</em> if its append time does not lie after the cut. Only a judgeable entry wins.
 *   <li>An entry whose write event could not be read is <em>unread</em>. It never wins, has no vote and proves nothing. It may be
 *       repaired: the datastore, which knows what it holds, declines or applies that, and its answer can be read.
 *   <li>A tombstone and an expired entry are <em>dead</em>. Dead entries and absence are equal.
 *   <li>Predicates decide what may be concluded: {@link #mayStillArrive} delays a repair of a target; {@link #hasSeen} and
 *       {@link #knowsAbsence} are proofs, which no time replaces; {@link #mayHaveBeenDeleted} distrusts an old entry.
 * </ul>
 *
 * Immutable as long as its arguments are.
 */
public final class KeyAtCut {

    private final Settings settings;
    private final List<String> owners;
    private final long cutMs;
    private final TreeMap<String, EntrySummary> entries;
    private final Map<String, Evidence> evidence;
    private final Approvals approvals;

    /** What people have approved without a proof. */
    @FunctionalInterface
    public interface Approvals {

        /** No approval. */
        Approvals NONE = (target, heldSinceMs) -> false;

        /** Whether what a target has held since a time may be replaced without a proof. */
        boolean cover(String target, long heldSinceMs);
    }

    /**
     * @param owners the replicas that own the partition
     * @param cutMs the cut
     * @param entries what each replica holds, by name; a replica that was heard and holds nothing has null
     * @param evidence what each replica that was heard declares about how much it has seen; also of replicas that were heard, but
     *     whose entries were not
     * @param approvals what people have approved
     */
    KeyAtCut(
            Settings settings,
            List<String> owners,
            long cutMs,
            TreeMap<String, EntrySummary> entries,
            Map<String, Evidence> evidence,
            Approvals approvals) {
        this.settings = settings;
        this.owners = owners;
        this.cutMs = cutMs;
        this.entries = entries;
        this.evidence = evidence;
        this.approvals = approvals;
    }

    long cutMs() {
        return cutMs;
    }

    /** The replicas that were heard, in order of name. */
    Set<String> replicas() {
        return entries.keySet();
    }

    /** The owners that were not heard. */
    Set<String> unheard() {
        return owners.stream().filter(owner -> !entries.containsKey(owner)).collect(Collectors.toUnmodifiableSet());
    }

    /** Whether every owner of the partition was heard. */
    boolean allOwnersHeard() {
        return entries.size() == owners.size();
    }

    /** What a replica holds; null for nothing, and for a replica that was not heard. */
    EntrySummary heldBy(String replica) {
        return entries.get(replica);
    }

    /** The entries of all replicas that hold one. */
    List<EntrySummary> present() {
        return entries.values().stream().filter(Objects::nonNull).toList();
    }

    /** Those of them that could be read. */
    List<EntrySummary> readable() {
        return present().stream().filter(entry -> !entry.isUnread()).toList();
    }

    /** Those of them that could not be read. */
    List<EntrySummary> unread() {
        return present().stream().filter(EntrySummary::isUnread).toList();
    }

    /** Whether the entry of a replica that was heard could not be read. */
    public boolean isUnreadSomewhere() {
        return !unread().isEmpty();
    }

    /** The entries that may win: those that are judgeable and could be read. */
    List<EntrySummary> candidates() {
        return readable().stream().filter(this::isJudgeable).toList();
    }

    /** The highest version that a replica is known to hold, judgeable or not; null if none could be read. */
    EntrySummary newest() {
        return EntrySummary.highest(readable());
    }

    boolean isJudgeable(EntrySummary entry) {
        return entry.judgeableAt(cutMs);
    }

    boolean isDead(EntrySummary entry) {
        return entry.deadAt(cutMs);
    }

    /** Whether a replica's entry is absence: it is dead, or there is none. */
    boolean isAbsent(EntrySummary entryOrNull) {
        return entryOrNull == null || isDead(entryOrNull);
    }

    /** Whether the tree cannot distinguish two entries. */
    boolean isSame(EntrySummary a, EntrySummary b) {
        if (isDead(a) || isDead(b)) {
            return isDead(a) && isDead(b);
        }
        return a.digest().equals(b.digest())
                && (settings.rules().compareValues() || a.order(b) == Order.EQUAL && a.expiryMs() == b.expiryMs());
    }

    /** Whether all replicas heard hold the same, as far as the tree is concerned. */
    public boolean isEqualEverywhere() {
        EntrySummary first = entries.firstEntry().getValue();
        for (EntrySummary entry : entries.values()) {
            boolean equal = isAbsent(first) ? isAbsent(entry) : entry != null && isSame(first, entry);
            if (!equal) {
                return false;
            }
        }
        return true;
    }

    /** Whether a replica that was heard holds nothing, not even a tombstone. */
    public boolean isMissingSomewhere() {
        return entries.containsValue(null);
    }

    /** The replicas that may be repaired: all that were heard, except sources. */
    List<String> targets() {
        return entries.keySet().stream()
                .filter(replica -> !settings.rules().sources().contains(replica))
                .toList();
    }

    /** The replicas that hold the same as an entry, in order of name. */
    List<String> holders(EntrySummary entry) {
        List<String> holders = new ArrayList<>();
        entries.forEach((replica, held) -> {
            if (held != null && isSame(held, entry)) {
                holders.add(replica);
            }
        });
        return holders;
    }

    /** Puts entries that are the same together, in the order in which they come. */
    List<List<EntrySummary>> groups(List<EntrySummary> candidates) {
        List<List<EntrySummary>> groups = new ArrayList<>();
        for (EntrySummary entry : candidates) {
            List<EntrySummary> group = null;
            for (List<EntrySummary> candidate : groups) {
                if (isSame(candidate.get(0), entry)) {
                    group = candidate;
                }
            }
            if (group == null) {
                group = new ArrayList<>();
                groups.add(group);
            }
            group.add(entry);
        }
        return groups;
    }

    /** The entry that more than half of the configured owners hold, or null. */
    EntrySummary majority(List<List<EntrySummary>> groups) {
        for (List<EntrySummary> group : groups) {
            if (isMajority(group.size())) {
                return EntrySummary.highest(group);
            }
        }
        return null;
    }

    /** Whether a number of replicas is more than half of the configured owners. */
    boolean isMajority(long votes) {
        return 2 * votes > owners.size();
    }

    /**
     * Why a target must not be given a write yet: it is unknown whether it held the key, or the write may still be on its way
     * to it; null if nothing speaks against it.
     */
    Waiting waitBeforeRepair(String target, EntrySummary write) {
        if (!knowsAbsence(target, write)) {
            return new Waiting(Waiting.Reason.ABSENCE_UNKNOWN, sentMs(write));
        }
        return mayStillArrive(target, write) ? new Waiting(Waiting.Reason.MAY_STILL_ARRIVE, sentMs(write)) : null;
    }

    /**
     * Whether a write may still be on its way to a target: the target's watermark has not passed it by the grace, and patience
     * has not ended. Delays a repair of that target, and nothing else.
     */
    boolean mayStillArrive(String target, EntrySummary write) {
        return evidence.get(target).watermarkMs()
                        < sentMs(write) + settings.times().graceMs()
                && !isOverdue(write);
    }

    /** Whether patience with a write has ended. */
    boolean isOverdue(EntrySummary write) {
        return sentMs(write) <= cutMs - settings.times().patienceMs();
    }

    /**
     * Whether a replica has seen a write: it holds the same version or one that dominates it, or its progress has passed the
     * write by the grace and its state reaches back to before the write. A proof: without it, what the replica holds may be the
     * older of the two, however long ago that was. Asked only by rules under which an older entry or absence may win. An unread entry
     * has no version that could be compared.
     */
    boolean hasSeen(String replica, EntrySummary write) {
        EntrySummary held = entries.get(replica);
        boolean holdsIt = held != null
                && !held.isUnread()
                && !write.isUnread()
                && (isSame(held, write) || !settings.rules().compareValues() && held.isAtLeast(write));
        return holdsIt
                || evidence.get(replica).progressMs()
                                >= sentMs(write) + settings.times().graceMs()
                        && reachesBackTo(replica, write);
    }

    /** Whether a person has approved that an entry of a target is replaced without a proof. */
    boolean isApproved(String target, EntrySummary held) {
        return approvals.cover(target, held.appendTimeMs() + settings.times().graceMs());
    }

    /**
     * Whether an entry was in some replica at a time, so that a person could see it then. A write that was on its way has an earlier position,
     * and nobody has seen it. Entries are listed as of a cut, which is earlier by the grace; that covers differences of clocks, too.
     */
    public boolean wasHeldAt(EntrySummary entry, long timeMs) {
        long latestMs = timeMs - settings.times().graceMs();
        return entry.appendTimeMs() <= latestMs
                || entries.values().stream()
                        .anyMatch(other -> other != null && other.appendTimeMs() <= latestMs && isSame(other, entry));
    }

    /**
     * Whether a replica that holds nothing is known not to hold a key that was written elsewhere: its state reaches back to
     * before that write. Otherwise its absence proves nothing.
     */
    boolean knowsAbsence(String replica, EntrySummary write) {
        return entries.get(replica) != null || reachesBackTo(replica, write);
    }

    /**
     * Whether a replica is known not to hold the key at all: its state contains every key that its datastore holds, or the entry
     * says so. Where absence wins, {@link #knowsAbsence} is not enough: of what was written before its state began, the replica
     * may still hold an older entry. And where its state was rebuilt from a topic that may have lost deletes from after the cut, it may
     * have held the key at the cut.
     */
    boolean knowsThatItHoldsNothing(String replica) {
        return entries.get(replica) != null
                || evidence.get(replica).knownFromMs() == Evidence.NONE && !mayHaveLostADeleteSinceTheCut(replica);
    }

    private boolean mayHaveLostADeleteSinceTheCut(String replica) {
        long horizonMs = evidence.get(replica).horizonMs();
        return horizonMs != Evidence.NONE
                && cutMs < horizonMs + settings.times().graceMs();
    }

    /** Whether the state of a replica contains what the replica has written about a key since a write elsewhere. */
    private boolean reachesBackTo(String replica, EntrySummary write) {
        long knownFromMs = evidence.get(replica).knownFromMs();
        return knownFromMs == Evidence.NONE
                || firstWrittenMs(write) >= knownFromMs + settings.times().graceMs();
    }

    /** The earliest time at which a replica may have written an entry, by what all its holders know. */
    private long firstWrittenMs(EntrySummary write) {
        long firstMs = earliestMs(write);
        for (EntrySummary other : entries.values()) {
            if (other != null && isSame(other, write)) {
                firstMs = Math.min(firstMs, earliestMs(other));
            }
        }
        return firstMs;
    }

    /** The earliest time at which an entry may have been written; any time, if its write event cannot date it. */
    private long earliestMs(EntrySummary entry) {
        return isUndated(entry) || entry.isUnread() ? Evidence.NONE : entry.writtenMs();
    }

    /**
     * Whether an entry that a replica lacks may have been deleted, and nobody remembers that: the state of a replica that lacks it was
     * rebuilt from a topic from which tombstones of that time may be gone; or owners have agreed to forget tombstones of that time
     * while no holder of the entry was one of them. The one that is asked about need not have held the key: it may be new.
     */
    boolean mayHaveBeenDeleted(String absent, EntrySummary entry) {
        return entries.get(absent) == null && (liesBeforeHorizon(entry) || mayBeForgotten(entry));
    }

    private boolean mayBeForgotten(EntrySummary entry) {
        return deletesAreForgottenSince(entry)
                && holders(entry).stream()
                        .allMatch(holder -> forgottenMs() > evidence.get(holder).agreedMs());
    }

    /** Whether an owner has forgotten a tombstone, of any key, that may be later than an entry. */
    boolean deletesAreForgottenSince(EntrySummary entry) {
        return forgottenMs() != Evidence.NONE
                && earliestMs(entry) <= forgottenMs() + settings.times().graceMs();
    }

    private long forgottenMs() {
        return evidence.values().stream().mapToLong(Evidence::forgottenMs).reduce(Evidence.NONE, Math::max);
    }

    /**
     * Since when another replica keeps a delete that may be of what a replica still holds, the earliest of several; {@link
     * Entry#NEVER} if none does.
     */
    public long openDeleteSinceMs(String replica) {
        EntrySummary held = entries.get(replica);
        boolean wins = settings.rules().resolution() == Settings.Resolution.PRIMARY
                && replica.equals(settings.rules().primary());
        if (wins || isAbsent(held)) {
            return Entry.NEVER;
        }
        return present().stream()
                .filter(other -> isDead(other) && !isNewer(held, other))
                .mapToLong(EntrySummary::keptSinceMs)
                .reduce(Entry.NEVER, Math::min);
    }

    /** Whether one entry wins over another by its version, as long as both exist. */
    private boolean isNewer(EntrySummary a, EntrySummary b) {
        Settings.Rules rules = settings.rules();
        boolean newestWins =
                rules.resolution() == Settings.Resolution.LATEST || rules.resolution() == Settings.Resolution.VECTOR;
        return newestWins && !rules.compareValues() && a.order(b) == Order.AFTER;
    }

    /** Whether a replica lacks the key whose state was rebuilt from a topic from which a delete of an entry may be gone. */
    boolean liesBeforeHorizon(EntrySummary entry) {
        long horizonMs = entries.keySet().stream()
                .filter(replica -> entries.get(replica) == null)
                .mapToLong(replica -> evidence.get(replica).horizonMs())
                .reduce(Evidence.NONE, Math::max);
        return horizonMs != Evidence.NONE
                && earliestMs(entry) <= horizonMs + settings.times().graceMs();
    }

    /**
     * When a write was sent to the replicas: at its position, or, if it was written late under an old position, at the earliest
     * time at which a holder's write event of it was appended. If no holder's write event can date it, when that was appended, or
     * later by as much as a wrong clock may be unnoticed by the peers: by the grace and an interval.
     */
    long sentMs(EntrySummary write) {
        long sentMs = Long.MAX_VALUE;
        for (EntrySummary other : entries.values()) {
            if (other != null && other.positionMs() == write.positionMs() && isSame(other, write)) {
                sentMs = Math.min(sentMs, sentByOne(other));
            }
        }
        sentMs = Math.min(sentMs, sentByOne(write));
        return sentMs == Long.MAX_VALUE ? latestSentMs(write) : sentMs;
    }

    private long latestSentMs(EntrySummary write) {
        long unnoticedMs = settings.times().graceMs() + settings.times().intervalMs();
        return Math.max(write.appendTimeMs(), Math.min(write.positionMs(), write.appendTimeMs() + unnoticedMs));
    }

    /** When a write was sent, by one write event of it; the highest number if that cannot date it. */
    private long sentByOne(EntrySummary write) {
        if (isUndated(write)) {
            return Long.MAX_VALUE;
        }
        boolean late =
                write.appendTimeMs() > write.positionMs() + settings.times().graceMs();
        return late ? write.appendTimeMs() : write.positionMs();
    }

    /** Whether a write event cannot date its entry: its position lies after it by more than clocks may differ, or a clock was in doubt. */
    private boolean isUndated(EntrySummary entry) {
        return entry.undated()
                || entry.positionMs() > entry.appendTimeMs() + settings.times().graceMs();
    }
}
