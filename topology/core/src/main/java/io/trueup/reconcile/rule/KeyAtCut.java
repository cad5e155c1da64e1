package io.trueup.reconcile.rule;

import io.trueup.reconcile.settings.Settings;
import io.trueup.tree.VersionVector.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;

/**
 * One key at one cut: what each replica that was heard holds, and the questions that rules ask about it.
 *
 * <ul>
 *   <li>An entry is <em>judgeable</em> if neither its position nor its append time lies after the cut. Only a judgeable entry
 *       wins.
 *   <li>A tombstone and an expired entry are <em>dead</em>. Dead entries and absence are equal.
 *   <li>Three predicates decide about evidence: {@link #mayStillArrive}, {@link #mayNotHaveSeen} and {@link #mayAbsenceWin}.
 * </ul>
 *
 * Immutable as long as its arguments are.
 */
public final class KeyAtCut {

    private final Settings settings;
    private final List<String> owners;
    private final long cutMs;
    private final TreeMap<String, EntrySummary> entries;
    private final Map<String, Long> watermarks;

    /**
     * @param owners the replicas that own the partition
     * @param cutMs the cut
     * @param entries what each replica holds, by name; a replica that was heard and holds nothing has null
     * @param watermarks watermark of each replica heard
     */
    KeyAtCut(
            Settings settings,
            List<String> owners,
            long cutMs,
            TreeMap<String, EntrySummary> entries,
            Map<String, Long> watermarks) {
        this.settings = settings;
        this.owners = owners;
        this.cutMs = cutMs;
        this.entries = entries;
        this.watermarks = watermarks;
    }

    long cutMs() {
        return cutMs;
    }

    /** The replicas that were heard, in order of name. */
    Set<String> replicas() {
        return entries.keySet();
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

    /** Those of them that are judgeable. */
    List<EntrySummary> judgeable() {
        return present().stream().filter(this::isJudgeable).toList();
    }

    /** The highest version that a replica holds, judgeable or not; null if none holds anything. */
    EntrySummary newest() {
        return EntrySummary.highest(present());
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
            if (2 * group.size() > owners.size()) {
                return EntrySummary.highest(group);
            }
        }
        return null;
    }

    /**
     * Whether a write may still be on its way to a target: the target's watermark has not passed it by the grace, and patience
     * has not ended. Delays a repair of that target.
     */
    boolean mayStillArrive(String target, EntrySummary write) {
        return isBehind(target, write);
    }

    /**
     * Whether a holder of the winning entry may not have seen a write of another replica: then the winner may be the older of
     * the two. Asked only by rules under which an older entry may win.
     */
    boolean mayNotHaveSeen(String holder, EntrySummary write) {
        return isBehind(holder, write);
    }

    /** Whether a replica's absence may win over an entry: something was heard of its progress, and it has seen the entry. */
    boolean mayAbsenceWin(String replica, EntrySummary over) {
        boolean progressKnown = watermarks.getOrDefault(replica, Long.MIN_VALUE) != Long.MIN_VALUE;
        return progressKnown && !isBehind(replica, over);
    }

    private boolean isBehind(String replica, EntrySummary write) {
        return watermarks.get(replica) < write.positionMs() + settings.times().graceMs()
                && write.positionMs() > cutMs - settings.times().patienceMs();
    }
}
