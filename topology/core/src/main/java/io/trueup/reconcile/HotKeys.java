package io.trueup.reconcile;

import io.trueup.reconcile.Judge.Case;
import io.trueup.reconcile.Judge.Finding;
import io.trueup.tree.Hash128;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Keys in motion: written again before their newest entry can be judged, or before a lagging target is out of patience. The
 * newest entry seen is remembered until it lies before a cut; who still holds something older then has missed it. Bounded:
 * the keys looked at least recently are forgotten first. Not thread-safe.
 */
final class HotKeys {

    private static final int MOST_KEYS = 10_000;

    private final Settings settings;
    private final Judge judge;

    /**
     * What a target is measured by.
     *
     * @param lookedCutMs when it was last looked whether the target has come to it
     */
    private record Measure(EntrySummary entry, long lookedCutMs) {}

    private final Map<Hash128, Map<String, Measure>> seen = new LinkedHashMap<>(16, 0.75f, true) {
        private static final long serialVersionUID = 1;

        @Override
        protected boolean removeEldestEntry(Map.Entry<Hash128, Map<String, Measure>> eldest) {
            return size() > MOST_KEYS;
        }
    };

    HotKeys(Settings settings, Judge judge) {
        this.settings = settings;
        this.judge = judge;
    }

    /** Judges a key that is not equal everywhere, with what was seen of it before. */
    List<Finding> judge(Hash128 keyHash, Case key) {
        List<Finding> findings = judge.judge(key);
        EntrySummary newest = Judge.highest(Judge.present(key));
        boolean unsettled =
                !Judge.judgeable(newest, key.cutMs()) || findings.stream().anyMatch(Finding::waiting);
        boolean byVersion = settings.rules().resolution() == Settings.Resolution.LATEST
                || settings.rules().resolution() == Settings.Resolution.VECTOR;
        if (!byVersion || !unsettled) {
            seen.remove(keyHash);
            return findings;
        }
        return overridden(findings, moving(keyHash, key, newest));
    }

    /** Each target by the entry that it is measured by: until it has come to that, it is not measured by a newer one. */
    private List<Finding> moving(Hash128 keyHash, Case key, EntrySummary newest) {
        Map<String, Measure> earlier = seen.computeIfAbsent(keyHash, k -> new TreeMap<>());
        List<Finding> moving = new ArrayList<>();
        for (String target : key.entries().keySet()) {
            Measure before = earlier.get(target);
            if (before == null || mayHaveComeAndGone(before, key, target)) {
                earlier.put(target, new Measure(newest, key.cutMs()));
                continue;
            }
            EntrySummary measure = before.entry();
            earlier.put(target, new Measure(measure, key.cutMs()));
            if (!Judge.judgeable(measure, key.cutMs())) {
                continue;
            }
            List<Finding> ofTarget = judge.judgeInMotion(key, measure).stream()
                    .filter(finding -> finding.target().equals(target))
                    .toList();
            if (ofTarget.isEmpty()) {
                earlier.put(target, new Measure(newest, key.cutMs()));
            }
            moving.addAll(ofTarget);
        }
        return moving;
    }

    /**
     * Whether a target that holds nothing may have come to what it is measured by, and to a delete that is forgotten by now. That
     * takes as long as tombstones are kept, less what lies between a cut and the end of its round.
     */
    private boolean mayHaveComeAndGone(Measure measure, Case key, String target) {
        long sinceMs = key.cutMs() - measure.lookedCutMs();
        return key.entries().get(target) == null
                && sinceMs
                        >= settings.times().tombstoneRetentionMs()
                                - settings.times().graceMs()
                                - settings.times().intervalMs();
    }

    /** One finding for each target: the one that need not wait. */
    private static List<Finding> overridden(List<Finding> findings, List<Finding> moving) {
        TreeMap<String, Finding> byTarget = new TreeMap<>();
        findings.forEach(finding -> byTarget.put(finding.target(), finding));
        for (Finding finding : moving) {
            Finding other = byTarget.get(finding.target());
            if (other == null || other.waiting()) {
                byTarget.put(finding.target(), finding);
            }
        }
        return List.copyOf(byTarget.values());
    }
}
