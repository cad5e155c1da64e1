package io.trueup.reconcile;

import io.trueup.reconcile.Conflict.Side;
import io.trueup.tree.Hash128;
import io.trueup.tree.VersionVector.Order;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Decides, for one key at one cut, who holds the wrong entry and which one is right. A function of its arguments: every
 * reconciler that heard the same decides the same. See the design for the rules; in short:
 *
 * <ul>
 *   <li>an entry is judgeable at a cut if neither its position nor its append time lies after the cut;
 *   <li>a tombstone and an expired entry are dead; dead entries and absence are equal;
 *   <li>only a judgeable entry wins, and absence only if it is the primary's;
 *   <li>a replica whose watermark has not passed the winner by the grace is lagging and waited for, until patience ends.
 * </ul>
 */
final class Judge {

    private final Settings settings;
    private final List<String> owners;

    /** @param owners the replicas that own the partition */
    Judge(Settings settings, List<String> owners) {
        this.settings = settings;
        this.owners = owners;
    }

    /**
     * One key at one cut.
     *
     * @param cutMs the cut
     * @param entries what each replica holds, by name; a replica that was heard and holds nothing has null
     * @param watermarks watermark of each replica heard
     */
    record Case(long cutMs, TreeMap<String, EntrySummary> entries, Map<String, Long> watermarks) {}

    /**
     * One target that differs, or a conflict.
     *
     * @param target the replica that differs; for a conflict all that hold a candidate, joined by commas
     * @param kind how it differs
     * @param winner the entry that should be there; null for a conflict
     * @param observed what is there; null if nothing
     * @param holders replicas that hold the winner, in order of name
     * @param waiting true if nothing should be done about it yet
     * @param sides the entries of a conflict; empty otherwise
     */
    record Finding(
            String target,
            Divergence kind,
            EntrySummary winner,
            EntrySummary observed,
            List<String> holders,
            boolean waiting,
            List<Side> sides) {

        Finding(
                String target,
                Divergence kind,
                EntrySummary winner,
                EntrySummary observed,
                List<String> holders,
                boolean waiting) {
            this(target, kind, winner, observed, holders, waiting, List.of());
        }

        /** Whether the winner is a delete at a cut. */
        boolean deletes(long cutMs) {
            return winner.deleted() || winner.expiryMs() <= cutMs;
        }
    }

    /**
     * The tombstone that a replica lacks that holds nothing near a key, so that an older write which reaches it later does not
     * bring the key back. Null if it is not to have it yet.
     */
    Finding missingTombstone(String target, EntrySummary tombstone, Case key) {
        boolean byVersion = settings.rules().resolution() == Settings.Resolution.LATEST
                || settings.rules().resolution() == Settings.Resolution.VECTOR;
        return byVersion && judgeable(tombstone, key.cutMs()) && !lagging(target, tombstone, key)
                ? new Finding(target, Divergence.MISSING, tombstone, null, List.of(settings.replica()), false)
                : null;
    }

    /** Whether all replicas heard hold the same, as far as the tree is concerned. */
    boolean equal(Case key) {
        EntrySummary first = key.entries().firstEntry().getValue();
        for (EntrySummary entry : key.entries().values()) {
            boolean equal = first == null || dead(first, key)
                    ? entry == null || dead(entry, key)
                    : entry != null && same(first, entry, key);
            if (!equal) {
                return false;
            }
        }
        return true;
    }

    /** Judges a key that is not {@link #equal}; empty if nothing can be said yet. */
    List<Finding> judge(Case key) {
        return switch (settings.rules().resolution()) {
            case LATEST, VECTOR -> newest(key);
            case MAJORITY -> majority(key);
            case PRIMARY -> primary(key);
        };
    }

    /**
     * Judges a key in motion: one that is written again before its newest entry can be judged, or before a lagging target is
     * out of patience. Whoever still holds something older than an entry of an earlier round that is judgeable by now has
     * missed it. Everybody who holds that entry or a newer one can supply what the target lacks: if writers who do not see each
     * other keep the key in motion, any of what they wrote since, which leaves their conflict as it is.
     *
     * @param earlier the highest entry seen in an earlier round, judgeable at this cut
     */
    List<Finding> judgeInMotion(Case key, EntrySummary earlier) {
        EntrySummary newest = highest(present(key));
        EntrySummary winner = dead(newest, key) && !isConcurrent(newest, key) ? newest : lowestLiveFrom(earlier, key);
        if (!reaches(newest, earlier) || winner == null || disputed(newest, key) || disputed(winner, key)) {
            return List.of();
        }
        List<Finding> findings = new ArrayList<>();
        for (String target : targets(key)) {
            EntrySummary held = key.entries().get(target);
            if (held != null && !order(held, earlier).equals(Order.BEFORE)) {
                continue;
            }
            boolean nothingThere = held == null || dead(held, key);
            if (nothingThere && (dead(newest, key) || dead(earlier, key))) {
                continue;
            }
            findings.add(new Finding(
                    target,
                    kindOfOlder(held, winner, key),
                    winner,
                    held,
                    dead(winner, key) ? holders(winner, key) : holdersFrom(winner, key),
                    lagging(target, earlier, key)));
        }
        return findings;
    }

    private EntrySummary lowestLiveFrom(EntrySummary earlier, Case key) {
        EntrySummary lowest = null;
        for (EntrySummary entry : present(key)) {
            boolean live = reaches(entry, earlier) && !dead(entry, key);
            if (live && (lowest == null || entry.version() < lowest.version())) {
                lowest = entry;
            }
        }
        return lowest;
    }

    private List<String> holdersFrom(EntrySummary winner, Case key) {
        List<String> holders = new ArrayList<>();
        key.entries().forEach((replica, entry) -> {
            if (entry != null && reaches(entry, winner) && !dead(entry, key)) {
                holders.add(replica);
            }
        });
        return holders;
    }

    /** Whether there are several values of an entry's version. */
    private boolean disputed(EntrySummary entry, Case key) {
        List<EntrySummary> against = present(key).stream()
                .filter(other -> order(other, entry).equals(Order.EQUAL))
                .toList();
        return groups(against, key).size() > 1;
    }

    /** Whether somebody holds a version that is concurrent with that of an entry. */
    private static boolean isConcurrent(EntrySummary entry, Case key) {
        return present(key).stream().anyMatch(other -> order(other, entry).equals(Order.CONCURRENT));
    }

    /** Whether an entry is the same version as another or a newer one. */
    static boolean reaches(EntrySummary entry, EntrySummary other) {
        Order order = order(entry, other);
        return order.equals(Order.EQUAL) || order.equals(Order.AFTER);
    }

    /** How the version of one entry stands to that of another. */
    static Order order(EntrySummary a, EntrySummary b) {
        if (a.vector() != null && b.vector() != null) {
            return a.vector().compare(b.vector());
        }
        int order = Long.compare(a.version(), b.version());
        return order < 0 ? Order.BEFORE : order > 0 ? Order.AFTER : Order.EQUAL;
    }

    /** The highest version that any replica holds, judgeable or not; null if none holds anything. */
    static EntrySummary highest(List<EntrySummary> entries) {
        EntrySummary highest = null;
        for (EntrySummary entry : entries) {
            if (highest == null || entry.version() > highest.version()) {
                highest = entry;
            }
        }
        return highest;
    }

    private List<Finding> newest(Case key) {
        List<EntrySummary> judgeable =
                present(key).stream().filter(e -> judgeable(e, key.cutMs())).toList();
        List<EntrySummary> undominated = judgeable.stream()
                .filter(e ->
                        judgeable.stream().noneMatch(other -> order(e, other).equals(Order.BEFORE)))
                .toList();
        if (undominated.isEmpty()) {
            return List.of();
        }
        EntrySummary winner = undisputed(undominated, key);
        if (winner == null) {
            return isSettled(undominated, key) ? List.of() : List.of(conflict(undominated, key));
        }
        List<Finding> findings = new ArrayList<>();
        for (String target : targets(key)) {
            Finding finding = againstNewest(target, against(target, winner, undominated, key), key);
            if (finding != null) {
                findings.add(finding);
            }
        }
        return findings;
    }

    /** The one of several newest entries that wins, or null. */
    private EntrySummary undisputed(List<EntrySummary> newest, Case key) {
        List<List<EntrySummary>> groups = groups(newest, key);
        if (groups.size() == 1) {
            return highest(groups.get(0));
        }
        EntrySummary first = newest.get(0);
        if (newest.stream().anyMatch(entry -> order(first, entry).equals(Order.CONCURRENT))) {
            return null;
        }
        EntrySummary majority = byMajority(groups);
        EntrySummary primarys = settings.rules().primary() == null
                ? null
                : key.entries().get(settings.rules().primary());
        return majority != null ? majority : primarys != null && newest.contains(primarys) ? primarys : null;
    }

    /** Whether someone already holds an entry that is newer than all sides of a conflict, though not to be judged yet. */
    private static boolean isSettled(List<EntrySummary> sides, Case key) {
        return present(key).stream()
                .anyMatch(newer -> sides.stream().allMatch(side -> order(side, newer) == Order.BEFORE));
    }

    /** Of several concurrent deletes the one that dominates what a target holds. */
    private EntrySummary against(String target, EntrySummary winner, List<EntrySummary> newest, Case key) {
        EntrySummary held = key.entries().get(target);
        return newest.stream()
                .filter(entry -> held != null && same(entry, winner, key) && order(held, entry) == Order.BEFORE)
                .findFirst()
                .orElse(winner);
    }

    private Finding againstNewest(String target, EntrySummary winner, Case key) {
        EntrySummary held = key.entries().get(target);
        boolean deadThere = held == null || dead(held, key);
        if (deadThere && dead(winner, key) || held != null && same(held, winner, key)) {
            return null;
        }
        Order order = held == null ? Order.BEFORE : order(held, winner);
        if (order.equals(Order.AFTER) || order.equals(Order.CONCURRENT)) {
            return null;
        }
        if (order.equals(Order.EQUAL)) {
            Divergence kind = dead(winner, key) ? Divergence.UNDELETED : Divergence.CORRUPT;
            boolean moving = !judgeable(held, key.cutMs());
            return new Finding(target, kind, winner, held, holders(winner, key), moving);
        }
        boolean lagging = lagging(target, winner, key);
        return new Finding(target, kindOfOlder(held, winner, key), winner, held, holders(winner, key), lagging);
    }

    private List<Finding> majority(Case key) {
        List<List<EntrySummary>> groups = groups(
                present(key).stream()
                        .filter(e -> judgeable(e, key.cutMs()) && !saysNothing(e))
                        .toList(),
                key);
        if (groups.isEmpty()) {
            return List.of();
        }
        boolean allHeard = key.entries().size() == owners.size();
        EntrySummary winner = groups.size() == 1 && allHeard ? highest(groups.get(0)) : byMajority(groups);
        if (winner == null && groups.size() == 1) {
            return List.of();
        }
        if (winner == null) {
            return List.of(conflict(groups.stream().flatMap(List::stream).toList(), key));
        }
        return againstObserved(winner, key, supportedByLaggards(winner, key));
    }

    private List<Finding> primary(Case key) {
        if (!key.entries().containsKey(settings.rules().primary())) {
            return List.of();
        }
        EntrySummary winner = key.entries().get(settings.rules().primary());
        if (winner != null) {
            return judgeable(winner, key.cutMs())
                    ? againstObserved(winner, key, supportedByLaggards(winner, key))
                    : List.of();
        }
        boolean saysNothingOfAnything =
                key.watermarks().getOrDefault(settings.rules().primary(), Long.MIN_VALUE) == Long.MIN_VALUE;
        List<Finding> findings = new ArrayList<>();
        for (String target : targets(key)) {
            EntrySummary held = key.entries().get(target);
            if (held != null && !dead(held, key) && judgeable(held, key.cutMs())) {
                EntrySummary nothing = new EntrySummary(
                        held.keyHash(),
                        held.version(),
                        held.positionMs(),
                        held.appendTimeMs(),
                        held.expiryMs(),
                        true,
                        Hash128.ZERO);
                findings.add(new Finding(
                        target,
                        Divergence.UNDELETED,
                        nothing,
                        held,
                        List.of(settings.rules().primary()),
                        saysNothingOfAnything || lagging(settings.rules().primary(), held, key)));
            }
        }
        return findings;
    }

    /** A key whose conflict a person has decided; empty if the chosen replica holds another version by now. */
    List<Finding> chosen(Case key, String replica, long version) {
        EntrySummary winner = key.entries().get(replica);
        return winner != null && winner.version() == version && judgeable(winner, key.cutMs())
                ? againstObserved(winner, key, false)
                : List.of();
    }

    /** The winner against every target, where a newer entry may lose: only what stands still is judged. */
    private List<Finding> againstObserved(EntrySummary winner, Case key, boolean waiting) {
        List<Finding> findings = new ArrayList<>();
        for (String target : targets(key)) {
            EntrySummary held = key.entries().get(target);
            boolean nothingThere = held == null || dead(held, key);
            if (nothingThere && dead(winner, key) || held != null && same(held, winner, key)) {
                continue;
            }
            boolean moving = held != null && !judgeable(held, key.cutMs());
            findings.add(new Finding(
                    target,
                    kindOfOther(held, winner, key),
                    winner,
                    held,
                    holders(winner, key),
                    waiting || moving || lagging(target, winner, key)));
        }
        return findings;
    }

    /**
     * Whether a holder of the winner may only not have come yet to another replica's newer entry. Of two positions that are
     * less than the grace apart nobody knows which was written first: clocks differ.
     */
    private boolean supportedByLaggards(EntrySummary winner, Case key) {
        for (EntrySummary other : present(key)) {
            boolean mayBeNewer = other.positionMs() + settings.times().graceMs() > winner.positionMs();
            if (mayBeNewer && !same(other, winner, key)) {
                for (String holder : holders(winner, key)) {
                    if (lagging(holder, other, key)) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    private Divergence kindOfOlder(EntrySummary held, EntrySummary winner, Case key) {
        if (held == null) {
            return Divergence.MISSING;
        }
        return dead(winner, key) ? Divergence.UNDELETED : Divergence.STALE;
    }

    private Divergence kindOfOther(EntrySummary held, EntrySummary winner, Case key) {
        if (held == null) {
            return Divergence.MISSING;
        }
        if (dead(winner, key)) {
            return Divergence.UNDELETED;
        }
        boolean older = settings.rules().compareValues()
                ? held.positionMs() < winner.positionMs()
                : held.version() < winner.version();
        return older ? Divergence.STALE : Divergence.CORRUPT;
    }

    private Finding conflict(List<EntrySummary> candidates, Case key) {
        List<Side> sides = groups(candidates, key).stream()
                .map(group -> new Side(holders(group.get(0), key), group.get(0)))
                .toList();
        List<String> names = sides.stream()
                .flatMap(side -> side.replicas().stream())
                .sorted()
                .toList();
        return new Finding(String.join(",", names), Divergence.CONFLICT, null, candidates.get(0), names, false, sides);
    }

    /** The entry that more than half of the configured owners hold, or null. */
    private EntrySummary byMajority(List<List<EntrySummary>> groups) {
        for (List<EntrySummary> group : groups) {
            if (2 * group.size() > owners.size()) {
                return highest(group);
            }
        }
        return null;
    }

    /** Entries that are the same, together. */
    private List<List<EntrySummary>> groups(List<EntrySummary> entries, Case key) {
        List<List<EntrySummary>> groups = new ArrayList<>();
        for (EntrySummary entry : entries) {
            List<EntrySummary> group = null;
            for (List<EntrySummary> candidate : groups) {
                if (same(candidate.get(0), entry, key)) {
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

    private List<String> holders(EntrySummary winner, Case key) {
        List<String> holders = new ArrayList<>();
        key.entries().forEach((replica, entry) -> {
            if (entry != null && same(entry, winner, key)) {
                holders.add(replica);
            }
        });
        return holders;
    }

    private List<String> targets(Case key) {
        return key.entries().keySet().stream()
                .filter(replica -> !settings.rules().sources().contains(replica))
                .toList();
    }

    boolean lagging(String replica, EntrySummary winner, Case key) {
        return key.watermarks().get(replica)
                        < winner.positionMs() + settings.times().graceMs()
                && winner.positionMs() > key.cutMs() - settings.times().patienceMs();
    }

    /** Whether two entries are one and the same to the tree. */
    private boolean same(EntrySummary a, EntrySummary b, Case key) {
        if (dead(a, key) || dead(b, key)) {
            return dead(a, key) && dead(b, key);
        }
        return a.digest().equals(b.digest())
                && (settings.rules().compareValues()
                        || order(a, b).equals(Order.EQUAL) && a.expiryMs() == b.expiryMs());
    }

    /** The entries of all replicas that hold one. */
    static List<EntrySummary> present(Case key) {
        return key.entries().values().stream().filter(e -> e != null).toList();
    }

    /** Whether a replica has answered a repair that it holds nothing: that is absence, and no vote for a delete. */
    private static boolean saysNothing(EntrySummary entry) {
        return entry.deleted() && entry.version() == Long.MIN_VALUE;
    }

    static boolean dead(EntrySummary entry, Case key) {
        return entry.deleted() || entry.expiryMs() <= key.cutMs();
    }

    /** Whether neither the write nor its event lies after the cut. */
    static boolean judgeable(EntrySummary entry, long cutMs) {
        return entry.positionMs() <= cutMs && entry.appendTimeMs() <= cutMs;
    }
}
