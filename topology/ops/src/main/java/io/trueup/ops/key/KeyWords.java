package io.trueup.ops.key;

import io.trueup.reconcile.settings.Settings.Rules;
import io.trueup.repair.EmittedRepair;
import io.trueup.repair.EmittedRepair.Held;
import io.trueup.schema.DivergentKey;
import io.trueup.tree.Entry;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Reasons in words. */
final class KeyWords {

    private KeyWords() {}

    /** An entry as a repair event has it: {@code version 2}, {@code a delete of version 3}. */
    static String held(Held held) {
        if (held == null || held.deleted() && held.version() == Long.MIN_VALUE) {
            return "nothing";
        }
        if (Entry.isUnread(held.version(), held.deleted())) {
            return "what cannot be read";
        }
        return (held.deleted() ? "a delete of version " : "version ") + version(held);
    }

    /** The version vector as {@code eu=3,us=1}, or else the version. */
    static String version(Held held) {
        return held.vector() == null
                ? Long.toString(held.version())
                : new TreeMap<Object, Object>(held.vector())
                        .entrySet().stream().map(Object::toString).collect(Collectors.joining(","));
    }

    /** Why the entry of a repair wins over the one that the target held. */
    static String because(EmittedRepair repair, Rules rules) {
        String target = repair.target();
        String winning = held(repair.winning());
        String observed = held(repair.observed());
        return switch (repair.kind()) {
            case "MISSING" ->
                target + " held nothing, and " + repair.supplier() + " holds " + winning + ". "
                        + (rules.newestWins() ? "An entry wins over none." : rule(rules));
            case "STALE" -> target + " held " + observed + ", and " + winning + " wins. " + rule(rules);
            case "UNDELETED" ->
                target + " held " + observed + ", and " + winning + " wins: the key was deleted. " + rule(rules);
            case "CORRUPT" ->
                target + " held another value than " + repair.supplier() + " under the same version. "
                        + ofOneVersion(rules);
            case "CONFLICT" -> target + " held " + observed + ", and a person has chosen " + winning + ".";
            default -> repair.kind() + ": " + winning + " wins over " + observed + ".";
        };
    }

    /** Why a difference that a round has found is one, and why the entry of the supplier wins. */
    static String because(DivergentKey finding, Rules rules) {
        String supplier = finding.getSupplier() == null ? "another replica" : finding.getSupplier();
        return switch (finding.getKind()) {
            case "MISSING" ->
                finding.getTarget() + " holds nothing, and " + supplier + " holds an entry. "
                        + (rules.newestWins() ? "An entry wins over none." : rule(rules));
            case "STALE" ->
                "What " + supplier + " holds wins over what " + finding.getTarget() + " holds. " + rule(rules);
            case "UNDELETED" -> finding.getTarget() + " holds a key that was deleted. " + rule(rules);
            case "CORRUPT" ->
                finding.getTarget() + " holds another value than " + supplier + " under the same version. "
                        + ofOneVersion(rules);
            default -> "No entry wins.";
        };
    }

    private static String rule(Rules rules) {
        return switch (rules.resolution()) {
            case LATEST -> "The higher version wins (resolution=latest).";
            case VECTOR -> "The version vector that includes the other one wins (resolution=vector).";
            case MAJORITY -> "What more than half of the owners hold wins (resolution=majority).";
            case PRIMARY -> "What " + rules.primary() + " holds wins (resolution=primary:" + rules.primary() + ").";
        };
    }

    private static String ofOneVersion(Rules rules) {
        return rules.newestWins()
                ? "Of one version, the value wins that most owners hold"
                        + (rules.primary() == null ? "." : ", or else that of " + rules.primary() + ".")
                : rule(rules);
    }

    /** What was done about a difference. */
    static String action(DivergentKey finding) {
        return switch (finding.getAction()) {
            case "emitted" -> "a repair of " + finding.getTarget() + " is sent";
            case "left to supplier" -> "the reconciler of " + finding.getSupplier() + " sends the repair";
            case "waiting" -> "the repair waits" + waits(finding.getReason());
            case "paced" -> "the repair waits, because repair.rate is reached";
            case "guarded" -> "the flood guard holds the repair back";
            case "paused" ->
                "nothing is sent, because the repairs of " + finding.getTarget()
                        + " are paused, or a maintenance window is open";
            case "observed" -> "nothing is sent, because of mode=observe";
            case "left to person" -> "a person must choose: " + conflict(finding.getReason());
            case "failed" -> "it stays different after all attempts";
            default -> finding.getAction();
        };
    }

    private static final Map<String, String> WAITS = Map.of(
            "WRITTEN_AFTER_CUT", "the entry was written after the cut, so a later round decides",
            "MAY_STILL_ARRIVE", "the write may still be on its way to the replica",
            "NOT_SEEN", "the replica that wins has not proved that it has seen what would be replaced",
            "ABSENCE_UNKNOWN", "nobody knows whether the replica held the key at that time");

    private static String waits(String reason) {
        return reason == null ? "" : ": " + WAITS.getOrDefault(reason, reason);
    }

    private static final Map<String, String> CONFLICTS = Map.of(
            "NO_WINNER", "no rule decides between the entries",
            "NOT_SEEN",
                    "the replica that would win has not proved that it has seen the other entries, which may be newer",
            "RETURNED", "a replica that left the partition and returned holds an entry that may be deleted",
            "REBUILT", "the state of a replica that holds nothing was lost, and may have contained a delete",
            "UNREAD", "a write event cannot be read, so nobody knows what its replica holds");

    /** Why a person must decide. */
    static String conflict(String reason) {
        return reason == null ? CONFLICTS.get("NO_WINNER") : CONFLICTS.getOrDefault(reason, reason);
    }
}
